// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "clerk/desk.hpp"

#include "directory/app_password.hpp"
#include "directory/password.hpp"
#include "sasl/scram_keys.hpp"
#include "tests/store/coroutine.hpp"
#include "tests/wire/link_pair.hpp"
#include "wire/parse.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>
#include <vector>

namespace posthouse::clerk::tests {

using posthouse::tests::LinkPair;
using posthouse::tests::run;
using wire::Method;
using wire::SaslAnswer;

inline const std::string salt = "0123456789abcdef";

inline void add_scram(std::string_view password,
                      google::protobuf::RepeatedPtrField<wire::ScramKeys>& to)
{
    for (const auto hash : {sasl::ScramHash::sha_1, sasl::ScramHash::sha_256}) {
        const auto keys = sasl::make_scram_keys(Secret(std::string(password)), hash, salt, 4096);
        auto* said = to.Add();
        said->set_hash(hash == sasl::ScramHash::sha_1 ? wire::ScramKeys::SHA_1
                                                      : wire::ScramKeys::SHA_256);
        said->set_iterations(keys->iterations);
        said->set_stored_key(keys->stored_key);
        said->set_server_key(keys->server_key);
    }
}

inline wire::Login login(std::uint64_t account, const std::string& address,
                         const std::string& password)
{
    wire::Login made;
    made.set_found(true);
    made.set_account(account);
    made.set_address(address);
    made.set_salt(salt);
    if (password.empty())
        return made;
    made.set_verifier(
        directory::hash_password(Secret(password), directory::PasswordCost::least).value());
    add_scram(password, *made.mutable_scram());
    return made;
}

inline void add_app_password(wire::Login& to, const std::string& name, const std::string& password,
                             const std::vector<std::string>& protocols = {})
{
    auto* made = to.add_app_passwords();
    made->set_name(name);
    made->set_digest(directory::app_password_digest(Secret(password), salt));
    made->mutable_protocols()->Assign(protocols.begin(), protocols.end());
    add_scram(password, *made->mutable_scram());
}

/// A keeper with these users, by every name that leads to them.
class Keeper {
public:
    Task<wire::Result<wire::Answer>> answer(wire::Frame frame)
    {
        if (frame.head.method == Method::find_login) {
            const auto user = wire::parse<wire::FindLogin>(frame.message)->user();
            asked_for.push_back(user);
            if (before_answer)
                before_answer();
            const auto found = logins.find(user);
            wire::Login nobody;
            nobody.set_salt("decoy salt of 16");
            co_return wire::answer_with(found == logins.end() ? nobody : found->second);
        }
        if (frame.head.method == Method::vouch) {
            const auto vouch = *wire::parse<wire::VouchLogin>(frame.message);
            vouched.push_back(vouch.account());
            wire::Ticket ticket;
            ticket.set_ticket("ticket-" + std::to_string(vouched.size()));
            co_return wire::answer_with(ticket);
        }
        if (frame.head.method == Method::provide_account) {
            const auto wanted = *wire::parse<wire::ProvideAccount>(frame.message);
            if (!wanted.address().ends_with("@example.org"))
                co_return std::unexpected(wire::Failure::refused);
            provided.push_back(wanted.address() + " of " + wanted.source());
            if (!logins.contains(wanted.address())) {
                logins[wanted.address()] = login(100 + provided.size(), wanted.address(), "");
                logins[wanted.address()].set_source(wanted.source());
            }
            wire::ProvidedAccount account;
            account.set_account(logins[wanted.address()].account());
            account.set_address(wanted.address());
            co_return wire::answer_with(account);
        }
        co_return std::unexpected(wire::Failure::refused);
    }

    std::map<std::string, wire::Login> logins;
    std::function<void()> before_answer;
    std::vector<std::string> asked_for, provided;
    std::vector<std::uint64_t> vouched;
};

/// A directory elsewhere: users and passwords.
class Elsewhere final : public directory::Source {
public:
    std::map<std::string, std::string> users;
    std::set<std::string> disabled;
    bool out = false;
    int asked = 0;

    Task<directory::SourceResult<std::optional<directory::SourcePerson>>>
    find(mail::Mailbox user) override
    {
        if (out)
            co_return std::unexpected(directory::SourceError::unavailable);
        if (!users.contains(user.text()))
            co_return std::nullopt;
        co_return person(user);
    }
    Task<directory::SourceResult<Checked>> check(mail::Mailbox user, Secret password) override
    {
        ++asked;
        if (out)
            co_return std::unexpected(directory::SourceError::unavailable);
        const auto found = users.find(user.text());
        if (found == users.end())
            co_return Checked{};
        if (found->second != password.reveal())
            co_return Checked{.answer = Checked::Answer::wrong};
        co_return Checked{.answer = Checked::Answer::right, .person = person(user)};
    }

private:
    directory::SourcePerson person(const mail::Mailbox& user) const
    {
        directory::SourcePerson found{.address = user};
        for (const auto hash : {sasl::ScramHash::sha_1, sasl::ScramHash::sha_256})
            found.scram.push_back(*sasl::make_scram_keys(Secret(users.at(user.text())), hash,
                                                         "salt elsewhere..", 4096));
        found.disabled = disabled.contains(user.text());
        return found;
    }
};

/// A clerk between a keeper and two gates, on one loop.
class House : public ::testing::Test {
protected:
    House()
    {
        terms.logins.failure_delay = terms.logins.failure_delay_maximum = {};
        keeper.logins["alice@example.org"] = login(12, "alice@example.org", "correct horse");
    }
    void open()
    {
        desk = std::make_unique<Desk>(Checker::Limits{}, terms);
        desk->set_keeper(to_keeper.ours);
    }

    wire::SaslStart start(std::string mechanism)
    {
        wire::SaslStart request;
        request.set_mechanism(std::move(mechanism));
        request.set_client_address("192.0.2.1");
        request.set_protocol("imap");
        request.set_tls(true);
        return request;
    }
    SaslAnswer ask(const wire::SaslStart& request)
    {
        return run(io, gate.ours->call<SaslAnswer>(Method::sasl_start, request)).value().message;
    }
    SaslAnswer answer(std::uint64_t dialogue, std::string response)
    {
        wire::SaslContinue request;
        request.set_dialogue(dialogue);
        request.set_response(std::move(response));
        return run(io, gate.ours->call<SaslAnswer>(Method::sasl_continue, request)).value().message;
    }
    SaslAnswer plain(const std::string& user, const std::string& password, wire::SaslStart request)
    {
        request.set_has_initial(true);
        request.set_initial(std::string(1, '\0') + user + std::string(1, '\0') + password);
        return ask(request);
    }
    SaslAnswer plain(const std::string& user, const std::string& password,
                     const std::string& protocol = "imap")
    {
        auto request = start("PLAIN");
        request.set_protocol(protocol);
        return plain(user, password, request);
    }
    void changed(std::uint64_t account)
    {
        wire::LoginChanged notice;
        notice.set_account(account);
        wire::Frame frame;
        frame.head.method = Method::login_changed;
        frame.message = notice.SerializeAsString();
        run(io, desk->serve_keeper(std::move(frame)));
    }

    boost::asio::io_context io{1};
    Keeper keeper;
    Desk::Terms terms;
    LinkPair to_keeper{
        io,
        {},
        {.handler = [this](std::shared_ptr<wire::Link>,
                           wire::Frame frame) { return keeper.answer(std::move(frame)); },
         .closed = {}}};
    std::unique_ptr<Desk> desk;
    wire::Link::Options served{.handler =
                                   [this](std::shared_ptr<wire::Link> link, wire::Frame frame) {
                                       return desk->serve(std::move(link), std::move(frame));
                                   },
                               .closed = {}};
    LinkPair gate{io, {}, served};
    LinkPair other_gate{io, {}, served};
};

/// "accepted alice@example.org", or why not.
inline std::string end_of(const SaslAnswer& answer)
{
    if (answer.what() == SaslAnswer::ACCEPTED)
        return "accepted " + answer.user();
    if (answer.what() == SaslAnswer::UNAVAILABLE)
        return "unavailable";
    if (answer.what() == SaslAnswer::CHALLENGE)
        return "challenge " + answer.data();
    switch (answer.reason()) {
    case SaslAnswer::WRONG:
        return "wrong";
    case SaslAnswer::BRAKED:
        return "braked";
    case SaslAnswer::EXPIRED:
        return "expired";
    case SaslAnswer::DISABLED:
        return "disabled";
    case SaslAnswer::NO_MECHANISM:
        return "no mechanism";
    case SaslAnswer::PROTOCOL_NOT_ALLOWED:
        return "not allowed";
    case SaslAnswer::MALFORMED:
        return "malformed";
    case SaslAnswer::ABORTED:
        return "aborted";
    case SaslAnswer::NEEDS_TLS:
        return "needs tls";
    default:
        return "?";
    }
}

} // namespace posthouse::clerk::tests
