// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string_view>

namespace posthouse::net {

/// The addresses that begin alike: "192.0.2.0/24", "2001:db8::/32", or one address.
class Network {
public:
    /// Nothing: it is none. Bits beyond the prefix are not looked at.
    static std::optional<Network> parse(std::string_view);

    /// An IPv4 address in IPv6 dress (::ffff:192.0.2.1) counts as what it is.
    bool contains(const boost::asio::ip::address&) const;

private:
    Network(boost::asio::ip::address address, unsigned bits)
        : address_(std::move(address)),
          bits_(bits)
    {
    }
    boost::asio::ip::address address_;
    unsigned bits_;
};

/// Without the IPv6 dress of an IPv4 address.
boost::asio::ip::address plain_address(const boost::asio::ip::address&);

} // namespace posthouse::net
