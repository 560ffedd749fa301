// SPDX-License-Identifier: Apache-2.0
#include "clerk/examiner.hpp"

#include "directory/accounts.hpp"
#include "directory/app_password.hpp"
#include "directory/totp.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace posthouse::clerk {

using End = Finding::End;
using directory::Source;

namespace {

Identified identified(const wire::Login& login)
{
    return {.account = login.account(), .address = login.address()};
}

/// What a right credential is worth.
Finding allowed(const wire::Login& login, std::string_view protocol, Identified who)
{
    const auto end = login.disabled()           ? End::disabled
                     : !allows(login, protocol) ? End::not_allowed
                                                : End::right;
    return {end, std::move(who)};
}

bool is_for(const PlacedSource& source, const mail::Domain& domain)
{
    const auto& domains = source.terms.domains;
    return domains.empty() || std::ranges::find(domains, domain) != domains.end();
}

/// Nothing: it is none of them.
const wire::AppPassword* app_password_of(const wire::Login& login, const Secret& password)
{
    const wire::AppPassword* found = nullptr;
    for (const auto& one : login.app_passwords())
        if (directory::fits_app_password(password, login.salt(), one.digest()))
            found = &one;
    return found;
}

} // namespace

/// One password that is being looked at.
struct Examiner::Case {
    const Attempt& attempt;
    wire::Login& login;
    const Secret& password; // without the one-time code
    std::optional<mail::Mailbox> user;
    Finding finding = {};
    bool decided = false;    // No further source is asked.
    bool looked_at = false;  // By argon2id, which takes its time.
    bool source_out = false; // One did not answer.
    Duration at_most = Duration::max();
};

Task<Finding> Examiner::check_password(Attempt attempt, Secret password)
{
    const Remembered::Login key{attempt.user, attempt.protocol, password};
    if (auto known = remembered_.find(key, Instant::clock::now()))
        co_return Finding{End::right, std::move(*known), true};
    const auto since = remembered_.changes();
    auto login = co_await register_.find(attempt.user);
    if (!login)
        co_return Finding{End::unavailable};

    if (const auto* one = app_password_of(*login, password)) {
        auto who = identified(*login);
        who.app_password = one->name();
        auto finding = is_for(*one, attempt.protocol)
                           ? co_await confirm(attempt, *login, std::move(who))
                           : Finding{End::not_allowed, std::move(who)};
        if (finding.end == End::right)
            remembered_.remember(key, {finding.who, since}, Instant::clock::now());
        co_return finding;
    }

    const auto place = checker_.take(attempt.client);
    if (!place)
        co_return Finding{End::busy};
    auto split = login->totp().empty() ? std::nullopt : directory::split_totp(password);
    const auto mailbox = mail::Mailbox::parse(attempt.user);
    Case one{.attempt = attempt,
             .login = *login,
             .password = split ? split->password : password,
             .user = mailbox ? std::optional(*mailbox) : std::nullopt};
    co_await ask_sources(one);
    auto& finding = one.finding;
    if (finding.end != End::right && finding.end != End::disabled &&
        finding.end != End::not_allowed) {
        // Who does not exist, and who is known elsewhere, takes as long.
        if (!one.looked_at)
            co_await checker_.verify(password, {});
        co_return finding;
    }
    // A source may have led to another account, whose code it then is.
    if (!one.login.totp().empty()) {
        const auto step =
            split ? directory::find_totp_step(one.login.totp(), split->code, wall_clock())
                  : std::nullopt;
        if (!step || !use_code(finding.who.account, *step))
            co_return Finding{End::wrong};
    } else if (split) {
        co_return Finding{End::wrong};
    } else if (finding.end == End::right) {
        remembered_.remember(key, {finding.who, since, one.at_most}, Instant::clock::now());
    }
    co_return finding;
}

/// In their order, until one knows the user.
Task<void> Examiner::ask_sources(Case& one)
{
    const auto sources = sources_; // A reload may bring others meanwhile.
    for (const auto& source : sources) {
        if (one.user && !is_for(source, one.user->domain()))
            continue;
        if (!source.outside)
            co_await ask_own(one);
        else if (one.user)
            co_await ask_outside(one, source);
        if (one.decided)
            co_return;
    }
    if (one.source_out)
        one.finding = {End::unavailable};
}

Task<void> Examiner::ask_own(Case& one)
{
    if (!one.login.found() || one.login.verifier().empty())
        co_return;
    one.looked_at = true;
    one.decided = true;
    if (co_await checker_.verify(one.password, one.login.verifier()))
        one.finding = allowed(one.login, one.attempt.protocol, identified(one.login));
}

Task<void> Examiner::ask_outside(Case& one, const PlacedSource& source)
{
    const auto held = source.outside;
    auto checked = co_await held->check(*one.user, one.password);
    if (!checked) {
        one.source_out = true;
        co_return;
    }
    if (checked->answer == Source::Checked::Answer::unknown)
        co_return;
    one.decided = true;
    if (checked->answer != Source::Checked::Answer::right || !checked->person)
        co_return;
    one.at_most = source.terms.cache;
    one.finding = co_await provide(one.attempt, source.terms.name, std::move(*checked->person));
    if (one.finding.who.account == 0 || one.finding.who.account == one.login.account())
        co_return;
    auto login = co_await register_.find(one.finding.who.address);
    if (!login)
        one.finding = {End::unavailable};
    else
        one.login = std::move(*login);
}

/// The account of somebody whom an outside source vouches for.
Task<Finding> Examiner::provide(Attempt attempt, std::string source, directory::SourcePerson person)
{
    wire::ProvideAccount wanted;
    wanted.set_address(person.address.text());
    wanted.set_source(source);
    for (const auto& alias : person.aliases)
        wanted.add_aliases(alias.text());
    const auto account = co_await register_.provide(std::move(wanted));
    // An address that is not of a domain of ours is nobody's here.
    if (!account)
        co_return Finding{account.error() == wire::Failure::refused ? End::wrong
                                                                    : End::unavailable};
    const auto login = co_await register_.find(account->address());
    if (!login || !login->found())
        co_return Finding{End::unavailable};
    auto who = identified(*login);
    who.source = std::move(source);
    if (person.disabled)
        co_return Finding{End::disabled, std::move(who)};
    co_return allowed(*login, attempt.protocol, std::move(who));
}

/// For a credential of the account's own. Where the account came from outside, who is known there
/// no longer, or is turned away there, does not get in by it either.
Task<Finding> Examiner::confirm(const Attempt& attempt, const wire::Login& login, Identified who)
{
    auto finding = allowed(login, attempt.protocol, std::move(who));
    const auto address = mail::Mailbox::parse(login.address());
    if (login.source().empty() || !address || finding.end != End::right)
        co_return finding;
    const auto outsider = co_await find_outside(*address);
    if (!outsider)
        finding.end = End::unavailable;
    else if (!*outsider)
        finding.end = End::wrong;
    else if ((*outsider)->person.disabled)
        finding.end = End::disabled;
    co_return finding;
}

Task<wire::Result<std::optional<Examiner::Outsider>>> Examiner::find_outside(mail::Mailbox user)
{
    const auto sources = sources_;
    bool source_out = false;
    for (const auto& source : sources) {
        if (!source.outside || !is_for(source, user.domain()))
            continue;
        auto person = co_await source.outside->find(user);
        if (!person)
            source_out = true;
        else if (*person)
            co_return Outsider{std::move(**person), source.terms.name};
    }
    if (source_out)
        co_return std::unexpected(wire::Failure::unavailable);
    co_return std::nullopt;
}

Task<Finding> Examiner::check_identity(Attempt attempt)
{
    const auto login = co_await register_.find(attempt.user);
    if (!login)
        co_return Finding{End::unavailable};
    if (login->found())
        co_return co_await confirm(attempt, *login, identified(*login));
    const auto user = mail::Mailbox::parse(attempt.user);
    if (!user)
        co_return Finding{};
    auto outsider = co_await find_outside(*user);
    if (!outsider)
        co_return Finding{End::unavailable};
    if (!*outsider)
        co_return Finding{};
    co_return co_await provide(attempt, (*outsider)->source, std::move((*outsider)->person));
}

// ---- SCRAM ----------------------------------------------------------------------------------

Task<wire::Result<Examiner::Keys>> Examiner::find_keys(Attempt attempt, sasl::ScramHash hash)
{
    auto login = co_await register_.find(attempt.user);
    if (!login)
        co_return std::unexpected(login.error());
    Keys keys;
    keys.login = std::move(*login);
    auto own =
        keys.login.found() ? scram_keys_of(keys.login, hash, attempt.protocol) : ScramChoice();
    keys.supplied.keys = std::move(own.keys);
    keys.names = std::move(own.names);
    const auto user = mail::Mailbox::parse(attempt.user);
    if (keys.supplied.keys.empty() && keys.login.verifier().empty() && user &&
        keys.login.totp().empty()) {
        auto outsider = co_await find_outside(*user);
        if (!outsider)
            co_return std::unexpected(outsider.error());
        if (*outsider) {
            for (const auto& one : (*outsider)->person.scram)
                if (one.hash == hash && sasl::is_sound(one) && keys.supplied.keys.empty())
                    keys.supplied.keys.push_back(one);
            keys.source = (*outsider)->source;
            keys.person = std::move((*outsider)->person);
        }
    }
    keys.supplied.kind = sasl::SuppliedKeys::Kind::genuine;
    if (keys.supplied.keys.empty()) {
        keys.supplied.kind = sasl::SuppliedKeys::Kind::decoy;
        keys.supplied.keys.push_back(sasl::decoy_keys(hash, keys.login.salt()));
    }
    co_return keys;
}

Task<Finding> Examiner::accept(Attempt attempt, Keys keys, std::size_t key)
{
    if (keys.person)
        co_return co_await provide(attempt, keys.source, std::move(*keys.person));
    auto who = identified(keys.login);
    if (key < keys.names.size())
        who.app_password = keys.names[key];
    co_return co_await confirm(attempt, keys.login, std::move(who));
}

// ---------------------------------------------------------------------------------------------

Task<wire::Result<bool>> Examiner::is_same(const Identified& who, std::string as)
{
    const auto account = who.account;
    const auto login = co_await register_.find(std::move(as));
    if (!login)
        co_return std::unexpected(login.error());
    co_return login->found() && login->account() == account;
}

/// RFC 6238 §5.2: once only.
bool Examiner::use_code(std::uint64_t account, std::uint64_t step)
{
    if (codes_used_.size() >= Limits::codes_used)
        std::erase_if(codes_used_, [&](const auto& entry) { return entry.second + 3 < step; });
    auto& last = codes_used_[account];
    if (step <= last)
        return false;
    last = step;
    return true;
}

} // namespace posthouse::clerk
