// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dns/ip_address.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::dns {

/// What of /etc/resolv.conf matters to a mail server. Search lists do not: names in mail are
/// absolute.
struct ResolvConf {
    struct Limits {
        static constexpr std::size_t bytes = 64 * 1024; // the rest is not read
        static constexpr std::size_t servers = 16;      // as UnboundLookup takes
        static constexpr std::size_t ignored = 16;
        static constexpr std::chrono::seconds timeout{30};
        static constexpr unsigned attempts = 5;
    };

    std::vector<Endpoint> servers; // in their order; 127.0.0.1 where the file names none
    std::chrono::seconds timeout{5};
    unsigned attempts = 2;
    std::vector<std::string> ignored; // printable: values that are no address, or too many

    bool operator==(const ResolvConf&) const = default;
};

/// Reads the text of the file as resolv.conf(5) has it. Every text has a meaning.
ResolvConf parse_resolv_conf(std::string_view text);

} // namespace posthouse::dns
