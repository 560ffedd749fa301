// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "dns/lookup.hpp"

namespace posthouse::dns {

/// The addresses of one host.
struct HostAddresses {
    static constexpr std::size_t most = 16;

    std::vector<IpAddress> all;     // as they were answered
    std::vector<IpAddress> usable;  // in the order to try them, at most `most`
    std::string canonical_name;     // lower case; empty if no record was found
    std::size_t failed_lookups = 0; // if any, there may be more addresses
    bool exists = false;            // the name does, with or without addresses
    bool secure = true;             // validated by DNSSEC
    std::vector<std::string> steps; // how they were found, a line each
};

/// Asks for IPv4 and IPv6. They are to be tried by turns, IPv6 first, so that a family that does
/// not work costs no more than every other attempt; by chance within each.
Task<HostAddresses> find_addresses(Lookup&, std::string name, Random&);

} // namespace posthouse::dns
