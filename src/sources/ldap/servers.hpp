// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "base/unique_fd.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::sources {

/// One of the servers that an LDAP source's `url` names.
struct LdapServer {
    std::string host; // without the brackets of an IPv6 address
    std::uint16_t port = 389;
    bool tls_at_once = false; // ldaps://

    /// "ldap://host:389"
    std::string text() const;
    bool operator==(const LdapServer&) const = default;
};

/// "ldap://one ldaps://[2001:db8::1]:3636": in the order they are to be asked. The error is a
/// sentence.
std::expected<std::vector<LdapServer>, std::string> parse_ldap_servers(std::string_view url);

/// A connection to the first of the host's addresses that takes one by then, non-blocking.
std::expected<UniqueFd, std::string> connect_to(const std::string& host, std::uint16_t port,
                                                Instant deadline);

} // namespace posthouse::sources
