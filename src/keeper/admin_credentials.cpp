// SPDX-License-Identifier: Apache-2.0
// What the administrator changes of an account's ways to log in and to send.
#include "base/log.hpp"
#include "base/text.hpp"
#include "directory/totp.hpp"
#include "keeper/admin.hpp"
#include "keeper/admin_answers.hpp"
#include "keeper/logins.hpp"
#include "keeper/reading.hpp"
#include "sasl/scram_text.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace posthouse::keeper {
namespace {

namespace json = boost::json;
using directory::Account;
using directory::Credentials;
using directory::Error;

template <class List>
json::array array_of(const List& texts)
{
    json::array array;
    for (const auto& text : texts)
        array.emplace_back(text);
    return array;
}

/// Nothing that could be tried against; a salt is told to anyone who asks by SCRAM.
json::object shown(const Account& account)
{
    const auto& credentials = account.credentials;
    json::array passwords, delegates, scram;
    for (const auto& password : credentials.app_passwords)
        passwords.push_back(json::object{{"id", base32_encode(password.id)},
                                         {"name", password.name},
                                         {"protocols", array_of(password.protocols)},
                                         {"created", time_text(password.created)}});
    for (const auto& delegate : account.delegates)
        delegates.emplace_back(delegate.address);
    for (const auto& keys : credentials.scram)
        scram.emplace_back(keys.hash == sasl::ScramHash::sha_1 ? "SCRAM-SHA-1" : "SCRAM-SHA-256");
    return {{"address", account.address},
            {"id", directory::partition_name(account.id).substr(2)},
            {"created", time_text(account.created)},
            {"disabled", account.disabled},
            {"password", !account.verifier.empty()},
            {"source", account.source},
            {"scram", std::move(scram)},
            {"salt", hex(credentials.salt)},
            {"totp", !credentials.totp.empty()},
            {"disabled_protocols", array_of(credentials.disabled_protocols)},
            {"aliases", array_of(account.aliases)},
            {"delegates", std::move(delegates)},
            {"app_passwords", std::move(passwords)}};
}

wire::AdminAnswer no_address(const std::string& text)
{
    return refusal(process::Exit::usage, fmt::format("{} is no address", text));
}

/// 64 hexadecimal digits and the like; nothing: it is none.
std::optional<std::string> bytes_of(std::string_view text)
{
    std::string bytes;
    const auto digit = [](char c) -> int {
        const auto at = std::string_view("0123456789abcdef").find(c);
        return at == std::string_view::npos ? -1 : static_cast<int>(at);
    };
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        const int high = digit(text[i]), low = digit(text[i + 1]);
        if (high < 0 || low < 0)
            return std::nullopt;
        bytes += static_cast<char>(high * 16 + low);
    }
    return text.size() % 2 == 0 ? std::optional(std::move(bytes)) : std::nullopt;
}

/// "imap,pop3"; "" for all. Nothing: one of them is none.
std::optional<std::vector<std::string>> protocols_of(std::string_view text)
{
    std::vector<std::string> protocols;
    while (!text.empty()) {
        const auto comma = text.find(',');
        const auto one = text.substr(0, comma);
        if (!directory::is_login_protocol(one))
            return std::nullopt;
        protocols.emplace_back(one);
        text = comma == text.npos ? std::string_view() : text.substr(comma + 1);
    }
    return protocols;
}

} // namespace

void Admin::credentials_changed(const Account& account)
{
    if (house_.logins != nullptr)
        house_.logins->changed(mailbox::AccountId{static_cast<std::uint64_t>(account.id)});
}

/// Changes an account's row, and lets it be known.
Task<wire::AdminAnswer> Admin::amend(std::string text, directory::Accounts::Edit edit)
{
    const auto address = mail::Mailbox::parse(text);
    if (!address)
        co_return no_address(text);
    const auto account = co_await office_.accounts.amend(*address, std::move(edit));
    if (!account)
        co_return refusal(account.error(), text);
    log::info("account.credentials_changed", {{"address", account->address}});
    credentials_changed(*account);
    co_return answer_of(shown(*account));
}

Task<wire::AdminAnswer> Admin::user_show(Request request)
{
    const auto address = mail::Mailbox::parse(request.arguments(0));
    if (!address)
        co_return no_address(request.arguments(0));
    const auto account = co_await office_.accounts.find(*address);
    if (!account)
        co_return refusal(account.error(), address->text());
    if (!*account)
        co_return refusal(Error::not_found, address->text());
    auto told = shown(**account);
    co_await add_usage(told, (*account)->id);
    co_return answer_of(told);
}

Task<wire::AdminAnswer> Admin::user_access(Request request)
{
    const bool disable = request.command() == "user-disable";
    auto answer = co_await amend(request.arguments(0), [=](Account& account) {
        account.disabled = disable;
        return directory::Result<void>();
    });
    const auto address = mail::Mailbox::parse(request.arguments(0));
    if (disable && address && answer.ok() && house_.reading != nullptr)
        if (const auto id = co_await office_.accounts.id_of(*address); id && *id)
            house_.reading->sessions().close_account(
                mailbox::AccountId{static_cast<std::uint64_t>(**id)}, "Logins are disabled");
    co_return answer;
}

Task<wire::AdminAnswer> Admin::user_alias(Request request)
{
    const auto address = mail::Mailbox::parse(request.arguments(0));
    const auto alias = mail::Mailbox::parse(request.arguments(1));
    if (!address || !alias)
        co_return no_address(request.arguments(address ? 1 : 0));
    auto& accounts = office_.accounts;
    const auto account = request.command() == "user-alias-add"
                             ? co_await accounts.add_alias(*address, *alias)
                             : co_await accounts.remove_alias(*address, *alias);
    if (!account)
        co_return refusal(account.error(),
                          account.error() == Error::exists ? alias->text() : address->text());
    credentials_changed(*account);
    co_return answer_of(shown(*account));
}

Task<wire::AdminAnswer> Admin::user_delegate(Request request)
{
    const auto text = request.arguments(1);
    const auto address = mail::Mailbox::parse(text);
    if (!address)
        co_return no_address(text);
    const auto found = co_await office_.accounts.find(*address);
    if (!found)
        co_return refusal(found.error(), text);
    if (!*found)
        co_return refusal(Error::not_found, text);
    const directory::Delegate delegate{(*found)->id, (*found)->address};
    const bool add = request.command() == "user-delegate-add";
    co_return co_await amend(
        request.arguments(0), [=](Account& account) -> directory::Result<void> {
            const auto gone = std::erase_if(account.delegates,
                                            [&](const auto& one) { return one.id == delegate.id; });
            if (!add)
                return gone == 0 ? directory::Result<void>(std::unexpected(Error::not_found))
                                 : directory::Result<void>();
            if (account.delegates.size() >= directory::Accounts::Limits::delegates)
                return std::unexpected(Error::full);
            account.delegates.push_back(delegate);
            return {};
        });
}

Task<wire::AdminAnswer> Admin::user_totp(Request request)
{
    std::string secret;
    if (request.command() == "user-totp-set") {
        auto bytes = bytes_of(request.arguments(1));
        if (!bytes || bytes->size() < 16 || bytes->size() > Credentials::Limits::totp_bytes)
            co_return refusal(process::Exit::usage, "the secret is none");
        secret = std::move(*bytes);
    }
    co_return co_await amend(request.arguments(0), [=](Account& account) {
        account.credentials.totp = secret;
        return directory::Result<void>();
    });
}

/// Those that are named may not be used; none: all may.
Task<wire::AdminAnswer> Admin::user_protocols(Request request)
{
    std::vector<std::string> disabled(request.arguments().begin() + 1, request.arguments().end());
    for (const auto& name : disabled)
        if (!directory::is_login_protocol(name))
            co_return refusal(process::Exit::usage, name + " is none of imap, pop3, submission");
    co_return co_await amend(request.arguments(0), [=](Account& account) {
        account.credentials.disabled_protocols = disabled;
        return directory::Result<void>();
    });
}

/// Arguments: address, name, protocols, digest, SCRAM keys. The password itself is seen by nobody
/// but who asked for it.
Task<wire::AdminAnswer> Admin::app_password_add(Request request)
{
    const auto protocols = protocols_of(request.arguments(2));
    const auto digest = bytes_of(request.arguments(3));
    directory::AppPassword password{.id = office_.random.next(),
                                    .name = request.arguments(1),
                                    .digest = digest.value_or(""),
                                    .created = wall_clock()};
    if (!protocols)
        co_return refusal(process::Exit::usage, "protocols are imap, pop3 and submission");
    if (password.name.empty() || password.name.size() > Credentials::Limits::name_bytes ||
        !is_utf8(password.name) || password.digest.size() != 32)
        co_return refusal(process::Exit::usage, "the name is none, or too long");
    password.protocols = *protocols;
    std::string salt;
    for (int i = 4; i < request.arguments_size(); ++i) {
        auto keys = sasl::parse_scram_text(request.arguments(i));
        if (!keys)
            co_return refusal(Error::bad_verifier, request.arguments(0));
        salt = keys->salt;
        password.scram.push_back(std::move(*keys));
    }
    co_return co_await amend(
        request.arguments(0), [=](Account& account) -> directory::Result<void> {
            auto& credentials = account.credentials;
            auto& list = credentials.app_passwords;
            if (list.size() >= Credentials::Limits::app_passwords)
                return std::unexpected(Error::full);
            if (std::ranges::find(list, password.name, &directory::AppPassword::name) != list.end())
                return std::unexpected(Error::exists);
            if (credentials.salt.empty())
                credentials.salt = salt;
            if (salt.empty() || credentials.salt != salt)
                return std::unexpected(Error::bad_verifier);
            list.push_back(password);
            return {};
        });
}

/// By its name or its id.
Task<wire::AdminAnswer> Admin::app_password_remove(Request request)
{
    const auto which = request.arguments(1);
    co_return co_await amend(
        request.arguments(0), [=](Account& account) -> directory::Result<void> {
            const auto gone =
                std::erase_if(account.credentials.app_passwords, [&](const auto& one) {
                    return one.name == which || base32_encode(one.id) == which;
                });
            return gone == 0 ? directory::Result<void>(std::unexpected(Error::not_found))
                             : directory::Result<void>();
        });
}

} // namespace posthouse::keeper
