// SPDX-License-Identifier: Apache-2.0
#include "clerk/register.hpp"

#include <algorithm>

namespace posthouse::clerk {

using wire::Failure;
using wire::Method;

namespace {

template <class List>
bool has(const List& list, std::string_view name)
{
    return std::ranges::find(list, name) != list.end();
}

void add_keys(const google::protobuf::RepeatedPtrField<wire::ScramKeys>& from,
              const sasl::ScramKeys& model, std::string_view name, ScramChoice& to)
{
    for (const auto& said : from) {
        const auto hash = said.hash() == wire::ScramKeys::SHA_1 ? sasl::ScramHash::sha_1
                                                                : sasl::ScramHash::sha_256;
        sasl::ScramKeys keys{.hash = hash,
                             .iterations = said.iterations(),
                             .salt = model.salt,
                             .stored_key = said.stored_key(),
                             .server_key = said.server_key()};
        const bool fits = to.keys.empty() || to.keys.front().iterations == keys.iterations;
        if (hash != model.hash || !fits || !sasl::is_sound(keys) ||
            to.keys.size() == sasl::Limits::keys)
            continue;
        to.keys.push_back(std::move(keys));
        to.names.emplace_back(name);
    }
}

} // namespace

Task<wire::Result<wire::Login>> Register::find(std::string user)
{
    const auto keeper = keeper_;
    if (!keeper)
        co_return std::unexpected(Failure::unavailable);
    wire::FindLogin question;
    question.set_user(std::move(user));
    auto found = co_await keeper->call<wire::Login>(Method::find_login, question);
    if (!found)
        co_return std::unexpected(Failure::unavailable);
    co_return std::move(found->message);
}

Task<wire::Result<std::string>> Register::vouch(wire::VouchLogin vouch)
{
    const auto keeper = keeper_;
    if (!keeper)
        co_return std::unexpected(Failure::unavailable);
    const auto ticket = co_await keeper->call<wire::Ticket>(Method::vouch, vouch);
    if (!ticket || ticket->message.ticket().empty())
        co_return std::unexpected(Failure::unavailable);
    co_return ticket->message.ticket();
}

Task<wire::Result<wire::ProvidedAccount>> Register::provide(wire::ProvideAccount wanted)
{
    const auto keeper = keeper_;
    if (!keeper)
        co_return std::unexpected(Failure::unavailable);
    auto account = co_await keeper->call<wire::ProvidedAccount>(Method::provide_account, wanted);
    if (!account)
        co_return std::unexpected(account.error());
    if (account->message.account() == 0)
        co_return std::unexpected(Failure::invalid);
    co_return std::move(account->message);
}

bool is_for(const wire::AppPassword& password, std::string_view protocol)
{
    return password.protocols().empty() || has(password.protocols(), protocol);
}

bool allows(const wire::Login& login, std::string_view protocol)
{
    return !has(login.disabled_protocols(), protocol);
}

ScramChoice scram_keys_of(const wire::Login& login, sasl::ScramHash hash, std::string_view protocol)
{
    ScramChoice choice;
    sasl::ScramKeys model;
    model.hash = hash;
    model.salt = login.salt();
    if (login.totp().empty())
        add_keys(login.scram(), model, {}, choice);
    for (const auto& password : login.app_passwords())
        if (is_for(password, protocol))
            add_keys(password.scram(), model, password.name(), choice);
    return choice;
}

} // namespace posthouse::clerk
