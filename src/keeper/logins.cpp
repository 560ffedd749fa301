// SPDX-License-Identifier: Apache-2.0
#include "keeper/logins.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "wire/messages.pb.h"
#include "wire/parse.hpp"

#include <algorithm>

namespace posthouse::keeper {

using wire::Answer;
using wire::Failure;
using wire::Method;

namespace {

void put(const std::vector<sasl::ScramKeys>& keys,
         google::protobuf::RepeatedPtrField<wire::ScramKeys>& to)
{
    for (const auto& key : keys) {
        auto* said = to.Add();
        said->set_hash(key.hash == sasl::ScramHash::sha_1 ? wire::ScramKeys::SHA_1
                                                          : wire::ScramKeys::SHA_256);
        said->set_iterations(key.iterations);
        said->set_stored_key(key.stored_key);
        said->set_server_key(key.server_key);
    }
}

wire::Login login_of(const directory::Account& account)
{
    const auto& credentials = account.credentials;
    wire::Login login;
    login.set_found(true);
    login.set_account(static_cast<std::uint64_t>(account.id));
    login.set_address(account.address);
    login.set_disabled(account.disabled);
    login.set_verifier(account.verifier);
    login.set_salt(credentials.salt);
    put(credentials.scram, *login.mutable_scram());
    for (const auto& password : credentials.app_passwords) {
        auto* said = login.add_app_passwords();
        said->set_id(password.id);
        said->set_name(password.name);
        said->mutable_protocols()->Assign(password.protocols.begin(), password.protocols.end());
        said->set_digest(password.digest);
        put(password.scram, *said->mutable_scram());
    }
    login.set_totp(credentials.totp);
    login.mutable_disabled_protocols()->Assign(credentials.disabled_protocols.begin(),
                                               credentials.disabled_protocols.end());
    login.set_version(account.version);
    login.set_source(account.source);
    return login;
}

bool is_for(const config::LoginSource& source, const mail::Domain& domain)
{
    return source.domains.empty() ||
           std::ranges::find(source.domains, domain) != source.domains.end();
}

} // namespace

Task<wire::Result<Answer>> Logins::answer_clerk(wire::Frame frame)
{
    switch (frame.head.method) {
    case Method::find_login:
        co_return co_await find_login(std::move(frame));
    case Method::provide_account:
        co_return co_await provide_account(std::move(frame));
    case Method::vouch:
        co_return vouch(frame);
    default:
        co_return std::unexpected(Failure::refused);
    }
}

Task<wire::Result<Answer>> Logins::find_login(wire::Frame frame)
{
    const auto request = wire::parse<wire::FindLogin>(frame.message);
    if (!request)
        co_return std::unexpected(Failure::invalid);
    wire::Login login;
    const auto user = mail::Mailbox::parse(request->user());
    if (user && office_.is_local(user->domain())) {
        const auto account = co_await office_.accounts.find(*user);
        if (!account)
            co_return std::unexpected(failure_of(account.error()));
        if (*account)
            login = login_of(**account);
    }
    if (login.salt().empty()) {
        auto salt = co_await office_.accounts.decoy_salt(request->user());
        if (!salt)
            co_return std::unexpected(failure_of(salt.error()));
        login.set_salt(std::move(*salt));
    }
    co_return wire::answer_with(login);
}

// ---- tickets --------------------------------------------------------------------------------

wire::Result<Answer> Logins::vouch(const wire::Frame& frame)
{
    const auto request = wire::parse<wire::VouchLogin>(frame.message);
    if (!request || request->account() == 0)
        return std::unexpected(Failure::invalid);
    const auto now = Instant::clock::now();
    std::erase_if(tickets_, [&](const auto& entry) { return entry.second.until < now; });
    if (tickets_.size() >= Limits::tickets)
        return std::unexpected(Failure::busy);
    wire::Ticket answer;
    answer.set_ticket(random_token(office_.random, 16));
    tickets_[answer.ticket()] = {{mailbox::AccountId{request->account()}, request->address(),
                                  request->protocol(), request->client_address()},
                                 now + Limits::ticket_lives};
    return wire::answer_with(answer);
}

std::optional<Logins::Vouched> Logins::redeem(const std::string& ticket)
{
    const auto found = tickets_.find(ticket);
    if (found == tickets_.end())
        return std::nullopt;
    const auto taken = std::move(found->second);
    tickets_.erase(found);
    if (taken.until < Instant::clock::now())
        return std::nullopt;
    return taken.vouched;
}

void Logins::changed(mailbox::AccountId account)
{
    std::erase_if(tickets_,
                  [&](const auto& entry) { return entry.second.vouched.account == account; });
    if (!clerk_ || !clerk_->is_open())
        return; // One that comes later remembers nothing.
    wire::LoginChanged notice;
    notice.set_account(static_cast<std::uint64_t>(account));
    clerk_->notify(Method::login_changed, notice);
}

// ---- outside sources ------------------------------------------------------------------------

Task<wire::Result<Answer>> Logins::provide_account(wire::Frame frame)
{
    auto request = wire::parse<wire::ProvideAccount>(frame.message);
    if (!request || request->source().empty() || request->aliases_size() > Limits::aliases)
        co_return std::unexpected(Failure::invalid);
    const auto account = co_await provide(std::move(*request));
    if (!account)
        co_return std::unexpected(account.error());
    wire::ProvidedAccount answer;
    answer.set_account(static_cast<std::uint64_t>(account->id));
    answer.set_address(account->address);
    answer.set_disabled(account->disabled);
    answer.set_version(account->version);
    co_return wire::answer_with(answer);
}

/// Finds or makes it.
Task<Office::Answer<directory::Account>> Logins::provide(wire::ProvideAccount request)
{
    const auto address = mail::Mailbox::parse(request.address());
    if (!address || !office_.is_local(address->domain()))
        co_return std::unexpected(Failure::refused);
    for (int attempt = 0; attempt < 3; ++attempt) {
        auto found = co_await office_.accounts.find(*address);
        if (!found)
            co_return std::unexpected(failure_of(found.error()));
        if (!*found) {
            auto made = co_await office_.accounts.add(
                directory::Accounts::Newcomer{
                    .address = *address, .password = {}, .source = request.source()},
                wall_clock());
            // Another letter or login may have come first.
            if (!made && made.error() == directory::Error::exists)
                continue;
            if (!made)
                co_return std::unexpected(failure_of(made.error()));
            log::info("account.added", {{"address", made->address}, {"source", request.source()}});
            *found = std::move(*made);
        }
        co_await take_aliases(**found, request);
        co_return std::move(**found);
    }
    co_return std::unexpected(Failure::unavailable);
}

/// What the source says counts, for an account that came from there. An alias that somebody else
/// has is his.
Task<void> Logins::take_aliases(directory::Account& account, const wire::ProvideAccount& request)
{
    if (account.source != request.source())
        co_return;
    const auto address = mail::Mailbox::parse(account.address);
    const auto has = [](const auto& list, const std::string& text) {
        return std::ranges::any_of(
            list, [&](const std::string& one) { return equal_ignoring_case(one, text); });
    };
    const auto before = account.aliases;
    for (const auto& alias : request.aliases())
        if (const auto parsed = mail::Mailbox::parse(alias);
            parsed && !has(before, parsed->text()) && office_.is_local(parsed->domain()))
            if (auto done = co_await office_.accounts.add_alias(*address, *parsed))
                account = std::move(*done);
    for (const auto& alias : before)
        if (const auto parsed = mail::Mailbox::parse(alias);
            parsed && !has(request.aliases(), alias))
            if (auto done = co_await office_.accounts.remove_alias(*address, *parsed))
                account = std::move(*done);
}

Task<Office::Answer<std::optional<directory::AccountId>>>
Logins::find_outside(mail::Mailbox address)
{
    const auto& sources = office_.config().logins.sources;
    const bool possible = std::ranges::any_of(sources, [&](const config::LoginSource& source) {
        return source.kind != config::LoginSource::Kind::accounts &&
               is_for(source, address.domain());
    });
    if (!possible)
        co_return std::nullopt;
    const auto clerk = clerk_;
    if (!clerk)
        co_return std::unexpected(Failure::unavailable);
    wire::FindPerson question;
    question.set_address(address.text());
    const auto person = co_await clerk->call<wire::FoundPerson>(Method::find_person, question);
    if (!person)
        co_return std::unexpected(person.error());
    if (!person->message.found())
        co_return std::nullopt;
    wire::ProvideAccount wanted;
    wanted.set_address(person->message.address());
    wanted.set_source(person->message.source());
    *wanted.mutable_aliases() = person->message.aliases();
    const auto account = co_await provide(std::move(wanted));
    if (!account)
        co_return std::unexpected(account.error());
    co_return account->id;
}

// ---- senders --------------------------------------------------------------------------------

Task<Office::Answer<bool>> Logins::may_send_as(mailbox::AccountId account, mail::Mailbox address)
{
    const directory::AccountId who{static_cast<std::uint64_t>(account)};
    const auto may = co_await office_.accounts.may_send_as(who, address);
    if (!may)
        co_return std::unexpected(failure_of(may.error()));
    if (*may)
        co_return true;
    const auto& local = address.local_part();
    const auto detail = local.find_first_of(office_.config().routing.separator);
    if (detail == 0 || detail == local.npos)
        co_return false;
    const auto plain =
        mail::Mailbox::parse(local.substr(0, detail) + "@" + address.domain().text());
    if (!plain)
        co_return false;
    const auto without = co_await office_.accounts.may_send_as(who, *plain);
    if (!without)
        co_return std::unexpected(failure_of(without.error()));
    co_return *without;
}

} // namespace posthouse::keeper
