// SPDX-License-Identifier: Apache-2.0
// posthouse user show|enable|disable|alias|delegate|app-password|totp|protocols
#include "base/random.hpp"
#include "base/text.hpp"
#include "cli/account_keys.hpp"
#include "cli/commands.hpp"
#include "cli/told.hpp"
#include "directory/app_password.hpp"
#include "directory/password.hpp"
#include "directory/totp.hpp"
#include "sasl/scram_text.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <ostream>

namespace posthouse::cli {
namespace {

namespace json = boost::json;
using process::Exit;

wire::Admin request_of(const std::vector<std::string>& words)
{
    wire::Admin request;
    request.set_command(words.front());
    for (std::size_t i = 1; i < words.size(); ++i)
        request.add_arguments(words[i]);
    return request;
}

std::expected<json::object, Exit> asked(Context& context, const wire::Admin& request)
{
    auto told = ask_for_result(context, request);
    if (!told)
        return std::unexpected(told.error());
    return std::move(told->result);
}

std::string joined(const json::array& texts)
{
    std::string all;
    for (const auto& text : texts)
        if (text.is_string())
            all += (all.empty() ? "" : ", ") + std::string(text.get_string());
    return all;
}

std::string login_words(const json::object& account)
{
    if (is_set(account, "disabled"))
        return "disabled";
    std::string words = is_set(account, "password") ? "password" : "no password";
    if (const auto source = text_of(account, "source"); !source.empty())
        words = "by the source " + source;
    if (const auto scram = joined(list_of(account, "scram")); !scram.empty())
        words += ", " + scram;
    if (is_set(account, "totp"))
        words += ", with one-time codes";
    if (const auto without = joined(list_of(account, "disabled_protocols")); !without.empty())
        words += ", not by " + without;
    return words;
}

std::vector<std::vector<Cell>> app_password_rows(const json::object& account)
{
    std::vector<std::vector<Cell>> rows;
    for (const auto& entry : list_of(account, "app_passwords")) {
        if (!entry.is_object())
            continue;
        const auto& one = entry.get_object();
        const auto protocols = joined(list_of(one, "protocols"));
        rows.push_back({{text_of(one, "name"), Style::bold},
                        {short_time(text_of(one, "created"))},
                        {protocols.empty() ? "all" : protocols}});
    }
    return rows;
}

Exit show(Context& context, const json::object& account)
{
    auto& console = context.console;
    if (context.output == Output::json) {
        console.out << json::serialize(account) << '\n';
        return Exit::ok;
    }
    std::vector<std::vector<Cell>> rows{{{"address"}, {text_of(account, "address"), Style::bold}},
                                        {{"created"}, {short_time(text_of(account, "created"))}},
                                        {{"login"}, {login_words(account)}}};
    if (account.contains("bytes"))
        rows.push_back({{"holds"}, {usage_words(account)}});
    if (const auto aliases = joined(list_of(account, "aliases")); !aliases.empty())
        rows.push_back({{"aliases"}, {aliases}});
    if (const auto delegates = joined(list_of(account, "delegates")); !delegates.empty())
        rows.push_back({{"delegates"}, {delegates}});
    for (const auto& row : app_password_rows(account))
        rows.push_back({{"app password"},
                        {fmt::format("{} ({}, {})", row[0].text, row[2].text, row[1].text)}});
    print_table(console, {}, rows);
    return Exit::ok;
}

} // namespace

std::string new_salt()
{
    SystemRandom random;
    std::string salt;
    while (salt.size() < sasl::ScramKeys::salt_bytes)
        append_u64(salt, random.next());
    return salt;
}

std::expected<std::string, Exit> salt_of(Context& context, const std::string& address)
{
    const auto account = asked(context, request_of({"user-show", address}));
    if (!account)
        return std::unexpected(account.error());
    const auto text = text_of(*account, "salt");
    std::string salt;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        salt += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    return salt.empty() ? new_salt() : salt;
}

std::vector<std::string> scram_texts(const Secret& password, const std::string& salt)
{
    std::vector<std::string> texts;
    for (const auto hash : {sasl::ScramHash::sha_256, sasl::ScramHash::sha_1})
        if (const auto keys = sasl::make_scram_keys(password, hash, salt))
            texts.push_back(sasl::scram_text(*keys));
    return texts;
}

Exit user_show(Context& context, const std::string& address)
{
    return user_change(context, {"user-show", address});
}

Exit user_change(Context& context, std::vector<std::string> request)
{
    const auto account = asked(context, request_of(request));
    return account ? show(context, *account) : account.error();
}

Exit app_password_add(Context& context, const AppPasswordWish& wish)
{
    if (!directory::prepare_passwords())
        return refuse(context, Exit::software, "libsodium does not work here");
    const auto salt = salt_of(context, wish.address);
    if (!salt)
        return salt.error();
    std::string protocols;
    for (const auto& one : wish.protocols)
        protocols += (protocols.empty() ? "" : ",") + one;
    SystemRandom random;
    const auto password = directory::make_app_password(random);
    std::vector<std::string> request{"app-password-add", wish.address, wish.name, protocols,
                                     hex(directory::app_password_digest(password, *salt))};
    // By SCRAM it has to be given as it is shown.
    for (auto& text : scram_texts(password, *salt))
        request.push_back(std::move(text));
    auto account = asked(context, request_of(request));
    if (!account)
        return account.error();
    auto& out = context.console.out;
    if (context.output == Output::json) {
        (*account)["app_password"] = password.reveal();
        out << json::serialize(*account) << '\n';
    } else {
        out << "The password of " << styled(context.console, Style::bold, wish.name) << " for "
            << styled(context.console, Style::bold, wish.address) << ", shown this once:\n\n  "
            << password.reveal() << "\n";
    }
    return Exit::ok;
}

Exit app_password_list(Context& context, const std::string& address)
{
    const auto account = asked(context, request_of({"user-show", address}));
    if (!account)
        return account.error();
    if (context.output == Output::json) {
        context.console.out << json::serialize(json::object{
                                   {"app_passwords", list_of(*account, "app_passwords")}})
                            << '\n';
        return Exit::ok;
    }
    const auto rows = app_password_rows(*account);
    if (rows.empty())
        context.console.out << "No app passwords.\n";
    else
        print_table(context.console, {"NAME", "MADE (UTC)", "FOR"}, rows);
    return Exit::ok;
}

Exit totp_enable(Context& context, const std::string& address)
{
    SystemRandom random;
    const auto secret = directory::make_totp_secret(random);
    auto account = asked(context, request_of({"user-totp-set", address, hex(secret)}));
    if (!account)
        return account.error();
    const auto uri = directory::totp_uri(secret, text_of(*account, "address"));
    if (context.output == Output::json) {
        (*account)["uri"] = uri;
        context.console.out << json::serialize(*account) << '\n';
        return Exit::ok;
    }
    context.console.out << "For the authenticator, shown this once:\n\n  " << uri
                        << "\n\nFrom now on the code's six digits go behind the password. Programs "
                           "that keep a password need one of their own:\n"
                           "posthouse user app-password add "
                        << styled(context.console, Style::plain, address) << " NAME\n";
    return Exit::ok;
}

} // namespace posthouse::cli
