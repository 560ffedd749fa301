// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/logins.hpp"
#include "sources/health.hpp"
#include "sources/judge.hpp"
#include "sources/ldap/session.hpp"
#include "sources/names.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace posthouse::sources {

/// What the connections to one directory have in common.
struct LdapTerms {
    struct Server {
        LdapServer server;
        std::shared_ptr<Health> health;
    };
    config::LoginSource source;
    LdapTls tls;
    Secret bind_password;
    std::vector<Server> servers;
    std::shared_ptr<Judge> judge;

    /// `ca_file`: what stands for "the system's". The error is a sentence about `url`.
    static std::expected<LdapTerms, std::string>
    make(const config::LoginSource&, Secret bind_password, const std::string& system_ca_file);
};

/// An LDAP directory or Active Directory as a source (RFC 4511): finds the user by the filter, and
/// then binds as him or compares with the password that his entry shows. A server that is not there
/// makes it unavailable; a directory that answers what its configuration does not fit, broken.
class LdapBackend final : public Backend {
public:
    explicit LdapBackend(std::shared_ptr<const LdapTerms> terms) : terms_(std::move(terms)) {}

    SourceResult<std::optional<SourcePerson>> find(const mail::Mailbox&) override;
    SourceResult<Checked> check(const mail::Mailbox&, const Secret& password) override;

private:
    struct Found {
        Entry entry;
        std::string dn;
    };
    /// A connection that is kept until it fails.
    struct Kept {
        std::optional<LdapSession> session = {};
        std::shared_ptr<Health> health = {};
    };
    enum class Purpose : std::uint8_t { searching, binding };

    SourceResult<std::optional<Found>> look_up(const mail::Mailbox&);
    SourceResult<bool> is_in_group(const Names&, const std::string& dn);
    SourceResult<Checked> check_by_bind(const std::optional<Found>&, const Secret& password);
    SourceResult<std::optional<Entry>> entry_from(const LdapEntry&, const Names&) const;
    SourceResult<std::vector<LdapEntry>> search(const std::string& filter,
                                                const std::vector<std::string>& attributes);
    SourceResult<bool> bind(const std::string& dn, const Secret& password);

    /// Once more over a new connection, where the one that was kept turns out to be gone.
    template <class T>
    SourceResult<T> with(Kept&, Purpose,
                         const std::function<std::expected<T, LdapTrouble>(LdapSession&)>&);
    SourceResult<void> connect(Kept&, Purpose);
    std::expected<LdapSession, LdapTrouble> connect_to(const LdapServer&, Purpose);
    SourceError broken(std::string_view reason) const;

    std::shared_ptr<const LdapTerms> terms_;
    Kept searcher_, user_;
};

} // namespace posthouse::sources
