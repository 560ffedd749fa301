// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "base/time.hpp"
#include "base/unique_fd.hpp"
#include "sources/ldap/servers.hpp"

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct ldap;

namespace posthouse::sources {

/// What a directory may answer, and how long that may take.
struct LdapLimits {
    static constexpr Duration connect = std::chrono::seconds(5);
    static constexpr Duration answer = std::chrono::seconds(10);
    static constexpr std::size_t message_bytes = 1 << 20;
    static constexpr int entries = 2;   // of a search: more than one is too many already
    static constexpr int messages = 64; // entries and referrals of a search
    static constexpr int values = 256;  // of an attribute
    static constexpr std::size_t value_bytes = 4096;
};

struct LdapTrouble {
    enum class Kind : std::uint8_t {
        lost,    // The connection is of no more use; another may do.
        busy,    // Try again later.
        refused, // The server says no; so it will the next time.
    } kind;
    std::string text;
};

struct LdapEntry {
    std::string dn;
    std::map<std::string, std::vector<std::string>> values; // by lower-case attribute
};

/// How TLS is to be.
struct LdapTls {
    bool start_tls = true; // of ldap://
    std::string ca_file;   // PEM
};

/// One connection to a directory (RFC 4511) over libldap. Blocks, but never longer than its limits.
/// Follows no referral.
class LdapSession {
public:
    static std::expected<LdapSession, LdapTrouble> open(const LdapServer&, const LdapTls&);
    /// Over a socket that is connected already, without TLS.
    static std::expected<LdapSession, LdapTrouble> over(UniqueFd, const std::string& url);

    /// Simple bind (RFC 4513 §5.1). False: those are no credentials. Neither may be empty, or both
    /// must: the servers take a name without a password for nobody in particular, and say yes.
    std::expected<bool, LdapTrouble> bind(const std::string& dn, const Secret& password);

    /// At most `entries` and one more, so that too many can be told; a base that is not there has
    /// none.
    std::expected<std::vector<LdapEntry>, LdapTrouble>
    search(const std::string& base, const std::string& filter,
           const std::vector<std::string>& attributes);

private:
    struct Unbind {
        void operator()(ldap*) const;
    };
    explicit LdapSession(std::unique_ptr<ldap, Unbind> handle) : ldap_(std::move(handle)) {}
    std::expected<void, LdapTrouble> begin_tls(const LdapServer&, const LdapTls&);
    LdapEntry read_entry(void* message) const;

    std::unique_ptr<ldap, Unbind> ldap_;
};

} // namespace posthouse::sources
