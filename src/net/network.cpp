// SPDX-License-Identifier: Apache-2.0
#include "net/network.hpp"

#include "base/prefix.hpp"
#include "base/text.hpp"

#include <string>

namespace asio = boost::asio;

namespace posthouse::net {
asio::ip::address plain_address(const asio::ip::address& address)
{
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    return address;
}

std::optional<Network> Network::parse(std::string_view text)
{
    const auto slash = text.find('/');
    boost::system::error_code error;
    const auto address = asio::ip::make_address(std::string(text.substr(0, slash)), error);
    if (error)
        return std::nullopt;
    const unsigned most = address.is_v4() ? 32 : 128;
    if (slash == text.npos)
        return Network(address, most);
    const auto bits = parse_number(text.substr(slash + 1));
    if (!bits || *bits > most)
        return std::nullopt;
    return Network(address, static_cast<unsigned>(*bits));
}

bool Network::contains(const asio::ip::address& address) const
{
    const auto plain = plain_address(address);
    if (plain.is_v4() != address_.is_v4())
        return false;
    return plain.is_v4()
               ? begin_alike(plain.to_v4().to_bytes(), address_.to_v4().to_bytes(), bits_)
               : begin_alike(plain.to_v6().to_bytes(), address_.to_v6().to_bytes(), bits_);
}

} // namespace posthouse::net
