// SPDX-License-Identifier: Apache-2.0
// posthouse user add|list|passwd|remove
#include "cli/account_keys.hpp"
#include "cli/commands.hpp"
#include "cli/told.hpp"
#include "directory/password.hpp"
#include "mail/address.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <istream>
#include <ostream>

namespace posthouse::cli {
namespace {

namespace json = boost::json;
using process::Exit;

std::expected<Secret, std::string> password_from(Console& console, PasswordFrom from)
{
    if (from == PasswordFrom::standard_input) {
        std::string line;
        std::getline(console.in, line);
        if (line.ends_with('\r'))
            line.pop_back();
        return Secret(std::move(line));
    }
    if (!console.ask_secret)
        return std::unexpected("standard input is no terminal; give the password on it with "
                               "--password-stdin");
    auto first = console.ask_secret("Password: ");
    auto second = first ? console.ask_secret("The same again: ") : std::nullopt;
    if (!first || !second)
        return std::unexpected("no password was given");
    if (first->reveal() != second->reveal())
        return std::unexpected("the two passwords differ; nothing was changed");
    return std::move(*first);
}

/// Only what it is checked against travels and is kept: a verifier, and keys for SCRAM.
std::expected<std::vector<std::string>, std::string>
verifiers_from(Console& console, PasswordFrom from, const std::string& salt)
{
    auto password = password_from(console, from);
    if (!password)
        return std::unexpected(password.error());
    if (password->empty())
        return std::unexpected("an empty password is none; nothing was changed");
    if (password->reveal().size() > directory::password_bytes)
        return std::unexpected(
            fmt::format("a password has at most {} bytes", directory::password_bytes));
    if (!directory::prepare_passwords())
        return std::unexpected("libsodium does not work here");
    auto verifier = directory::hash_password(*password);
    if (!verifier)
        return std::unexpected("there is no memory to prepare the password (64 MiB)");
    auto verifiers = scram_texts(*password, salt);
    verifiers.insert(verifiers.begin(), std::move(*verifier));
    return verifiers;
}

/// Before anybody types a password in vain.
std::expected<void, Exit> check_address(Context& context, const std::string& address)
{
    if (const auto parsed = mail::Mailbox::parse(address); !parsed)
        return std::unexpected(
            refuse(context, Exit::usage,
                   fmt::format("{} is no address: {}", address, parsed.error().what)));
    return {};
}

Exit with_password(Context& context, std::string command, const std::string& address,
                   PasswordFrom from)
{
    if (auto fine = check_address(context, address); !fine)
        return fine.error();
    std::string salt = new_salt();
    if (command == "user-passwd") {
        // Keys of other passwords have the account's salt too.
        auto known = salt_of(context, address);
        if (!known)
            return known.error();
        salt = std::move(*known);
    }
    auto verifiers = verifiers_from(context.console, from, salt);
    if (!verifiers)
        return refuse(context, Exit::usage, verifiers.error());
    wire::Admin request;
    request.set_command(std::move(command));
    request.add_arguments(address);
    for (auto& verifier : *verifiers)
        request.add_arguments(std::move(verifier));
    const auto answer = ask(context, request);
    if (!answer)
        return answer.error();
    if (context.output == Output::json)
        context.console.out << answer->json() << '\n';
    else
        context.console.out << (request.command() == "user-add" ? "Added " : "New password for ")
                            << styled(context.console, Style::bold, address) << ".\n";
    return Exit::ok;
}

} // namespace

Exit user_add(Context& context, const std::string& address, PasswordFrom from)
{
    return with_password(context, "user-add", address, from);
}

Exit user_passwd(Context& context, const std::string& address, PasswordFrom from)
{
    return with_password(context, "user-passwd", address, from);
}

Exit user_remove(Context& context, const std::string& address)
{
    wire::Admin request;
    request.set_command("user-remove");
    request.add_arguments(address);
    const auto answer = ask(context, request);
    if (!answer)
        return answer.error();
    if (context.output == Output::json)
        context.console.out << answer->json() << '\n';
    else
        context.console.out << "Removed " << styled(context.console, Style::bold, address)
                            << " and its letters.\n";
    return Exit::ok;
}

Exit user_list(Context& context)
{
    auto desk = desk_for(context);
    if (!desk)
        return desk.error();
    wire::Admin request;
    request.set_command("user-list");
    json::array accounts;
    do {
        const auto told = ask_for_result(context, **desk, request);
        if (!told)
            return told.error();
        for (const auto& account : list_of(told->result, "accounts"))
            accounts.push_back(account);
        request.set_after(told->next);
    } while (!request.after().empty());
    if (context.output == Output::json) {
        context.console.out << json::serialize(json::object{{"accounts", accounts}}) << '\n';
        return Exit::ok;
    }
    std::vector<std::vector<Cell>> rows;
    for (const auto& entry : accounts) {
        const auto& account = entry.as_object();
        const auto text = [&](const char* key) { return text_of(account, key); };
        rows.push_back(
            {{text("address"), Style::bold},
             {short_time(text("created"))},
             {text("login"), text("login") == "password" ? Style::plain : Style::doubtful}});
    }
    if (rows.empty())
        context.console.out << "No accounts yet; add one with: posthouse user add ADDRESS\n";
    else
        print_table(context.console, {"ADDRESS", "CREATED (UTC)", "LOGIN"}, rows);
    return Exit::ok;
}

} // namespace posthouse::cli
