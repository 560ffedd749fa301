// SPDX-License-Identifier: Apache-2.0
// posthouse user …
#include "cli/grammar.hpp"

#include <CLI/CLI.hpp>

namespace posthouse::cli {

void Grammar::add_user_commands()
{
    auto* user = add(app_.get(), "user", "Accounts, and their ways to log in and to send",
                     "  posthouse user add alice@example.org\n  posthouse user list");
    user->require_subcommand(1);
    auto address = std::make_shared<std::string>();
    auto from_stdin = std::make_shared<bool>(false);
    const auto source = [from_stdin] {
        return *from_stdin ? PasswordFrom::standard_input : PasswordFrom::terminal;
    };
    const auto takes_address = [&](CLI::App* command) {
        command->add_option("ADDRESS", *address, "The account's address")->required();
        return command;
    };
    const auto takes_password = [&](CLI::App* command) {
        takes_address(command)->add_flag(
            "--password-stdin", *from_stdin,
            "Read the password from standard input (one line) and ask nobody");
        return command;
    };
    auto* add_it = takes_password(add(user, "add", "Make an account",
                                      "  posthouse user add alice@example.org\n"
                                      "  pwgen 20 1 | posthouse user add bob@example.org "
                                      "--password-stdin"));
    on(add_it, [this, address, source] { return user_add(context_, *address, source()); });
    auto* passwd = takes_password(add(user, "passwd", "Give an account a new password",
                                      "  posthouse user passwd alice@example.org"));
    on(passwd, [this, address, source] { return user_passwd(context_, *address, source()); });
    auto* remove = takes_address(add(user, "remove", "Remove an account and its letters",
                                     "  posthouse user remove bob@example.org"));
    on(remove, [this, address] { return user_remove(context_, *address); });
    on(add(user, "list", "List the accounts",
           "  posthouse user list\n  posthouse user list --json"),
       [this] { return user_list(context_); });
    on(takes_address(add(user, "show", "What is known of one account",
                         "  posthouse user show alice@example.org")),
       [this, address] { return user_show(context_, *address); });
    for (const auto* name : {"enable", "disable"}) {
        const bool enable = std::string_view(name) == "enable";
        on(takes_address(add(user, name,
                             enable ? "Let an account log in again"
                                    : "Let an account log in no longer; mail is still taken",
                             enable ? "  posthouse user enable bob@example.org"
                                    : "  posthouse user disable bob@example.org")),
           [this, address, command = std::string("user-") + name] {
               return user_change(context_, {command, *address});
           });
    }
    add_name_commands(user);
    add_credential_commands(user);
    add_quota_command(user);
}

/// Addresses of an account, and who may use them.
void Grammar::add_name_commands(CLI::App* user)
{
    auto address = std::make_shared<std::string>();
    auto other = std::make_shared<std::string>();
    const auto pair = [&](CLI::App* to, const char* name, const char* description,
                          const char* example) {
        auto* command = add(to, name, description, example);
        command->add_option("ADDRESS", *address, "The account's address")->required();
        command->add_option("OTHER", *other, "The other address")->required();
        return command;
    };
    auto* alias = add(user, "alias", "Further addresses of an account",
                      "  posthouse user alias add alice@example.org sales@example.org");
    alias->require_subcommand(1);
    auto* delegate = add(user, "delegate", "Who may send as an account",
                         "  posthouse user delegate add boss@example.org secretary@example.org");
    delegate->require_subcommand(1);
    const auto change = [this, address, other](const char* command) {
        return [this, address, other, command] {
            return user_change(context_, {command, *address, *other});
        };
    };
    on(pair(alias, "add", "Give an account a further address",
            "  posthouse user alias add alice@example.org sales@example.org"),
       change("user-alias-add"));
    on(pair(alias, "remove", "Take one back",
            "  posthouse user alias remove alice@example.org sales@example.org"),
       change("user-alias-remove"));
    on(pair(delegate, "add", "Let the second account send as the first",
            "  posthouse user delegate add boss@example.org secretary@example.org"),
       change("user-delegate-add"));
    on(pair(delegate, "remove", "Let it no longer",
            "  posthouse user delegate remove boss@example.org secretary@example.org"),
       change("user-delegate-remove"));
}

void Grammar::add_credential_commands(CLI::App* user)
{
    auto address = std::make_shared<std::string>();
    auto name = std::make_shared<std::string>();
    auto protocols = std::make_shared<std::vector<std::string>>();
    const auto takes_address = [&](CLI::App* command) {
        command->add_option("ADDRESS", *address, "The account's address")->required();
        return command;
    };
    const auto takes_name = [&](CLI::App* command) {
        takes_address(command)->add_option("NAME", *name, "What it is for")->required();
        return command;
    };
    auto* app = add(user, "app-password", "Passwords for single programs",
                    "  posthouse user app-password add alice@example.org phone");
    app->require_subcommand(1);
    auto* make = takes_name(
        add(app, "add", "Make one; it is shown once",
            "  posthouse user app-password add alice@example.org phone --protocol imap"));
    make->add_option("--protocol", *protocols,
                     "imap, pop3, submission; may be given again. By default all")
        ->allow_extra_args(false);
    on(make, [this, address, name, protocols] {
        return app_password_add(context_, {*address, *name, *protocols});
    });
    on(takes_address(
           add(app, "list", "List them", "  posthouse user app-password list alice@example.org")),
       [this, address] { return app_password_list(context_, *address); });
    on(takes_name(add(app, "remove", "Take one back",
                      "  posthouse user app-password remove alice@example.org phone")),
       [this, address, name] {
           return user_change(context_, {"app-password-remove", *address, *name});
       });

    auto* totp = add(user, "totp", "One-time codes behind the password",
                     "  posthouse user totp enable alice@example.org");
    totp->require_subcommand(1);
    on(takes_address(add(totp, "enable", "Ask for one from now on; its secret is shown once",
                         "  posthouse user totp enable alice@example.org")),
       [this, address] { return totp_enable(context_, *address); });
    on(takes_address(add(totp, "disable", "Ask for none any longer",
                         "  posthouse user totp disable alice@example.org")),
       [this, address] { return user_change(context_, {"user-totp-remove", *address}); });

    auto* allowed =
        takes_address(add(user, "protocols", "What an account may not log in by",
                          "  posthouse user protocols alice@example.org --without pop3\n"
                          "  posthouse user protocols alice@example.org    # by all"));
    allowed->add_option("--without", *protocols, "imap, pop3, submission; may be given again")
        ->allow_extra_args(false);
    on(allowed, [this, address, protocols] {
        std::vector<std::string> request{"user-protocols", *address};
        request.insert(request.end(), protocols->begin(), protocols->end());
        return user_change(context_, std::move(request));
    });
}

} // namespace posthouse::cli
