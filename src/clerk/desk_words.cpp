// SPDX-License-Identifier: Apache-2.0
#include "clerk/desk_words.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "directory/accounts.hpp"

#include <cstring>

namespace posthouse::clerk {

std::string completed_user(std::string_view typed, const config::Logins& logins)
{
    if (typed.empty())
        return {};
    std::string user(typed);
    if (!user.contains('@') && logins.default_domain)
        user += '@' + logins.default_domain->text();
    const auto mailbox = mail::Mailbox::parse(user);
    return mailbox ? directory::account_key(*mailbox) : lowercase(user);
}

std::string user_of_principal(std::string_view principal, const config::Logins& logins)
{
    const auto at = principal.rfind('@');
    if (at == principal.npos || principal.substr(0, at).contains('/'))
        return {};
    const auto realm = principal.substr(at + 1);
    if (!logins.realm.empty() && realm != logins.realm)
        return {};
    const auto domain = logins.default_domain ? logins.default_domain->text() : lowercase(realm);
    return completed_user(std::string(principal.substr(0, at)) + "@" + domain, logins);
}

void log_login(const Attempt& attempt, const Finding& finding, std::string_view reason)
{
    const log::Field user("user", attempt.user), client("client", attempt.client),
        protocol("protocol", attempt.protocol), mechanism("mechanism", attempt.mechanism),
        tls("tls", attempt.tls ? "yes" : "no"), session("session", attempt.session),
        listener("listener", attempt.listener);
    if (!reason.empty())
        return log::warning(
            "login.failed",
            {user, client, protocol, mechanism, tls, session, listener, {"reason", reason}});
    log::info("login.ok", {user,
                           client,
                           protocol,
                           mechanism,
                           tls,
                           session,
                           listener,
                           {"account", finding.who.address},
                           {"source", finding.who.source.empty() ? "accounts" : finding.who.source},
                           {"app_password", finding.who.app_password},
                           {"remembered", finding.remembered ? "yes" : "no"}});
}

void wipe(std::string& bytes)
{
    ::explicit_bzero(bytes.data(), bytes.size());
    bytes.clear();
}

} // namespace posthouse::clerk
