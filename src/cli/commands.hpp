// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command_line.hpp"

#include <boost/json/fwd.hpp>

#include <memory>
#include <string>

/// What each subcommand does, once its arguments are understood.
namespace posthouse::cli {

enum class Output : std::uint8_t { text, json };

struct Context {
    Console& console;
    const World& world;
    std::string config_path = default_config_path;
    Output output = Output::text;
};

process::Exit check(Context&);

enum class PasswordFrom : std::uint8_t { terminal, standard_input };
process::Exit user_add(Context&, const std::string& address, PasswordFrom);
process::Exit user_passwd(Context&, const std::string& address, PasswordFrom);
process::Exit user_remove(Context&, const std::string& address);
process::Exit user_list(Context&);
process::Exit user_show(Context&, const std::string& address);
/// A command of the administrator's desk and its arguments, the first of them an account's address;
/// shows the account as it is then.
process::Exit user_change(Context&, std::vector<std::string> request);

struct AppPasswordWish {
    std::string address, name;
    std::vector<std::string> protocols;
};
/// Made here, shown once: the server gets what it is checked against.
process::Exit app_password_add(Context&, const AppPasswordWish&);
process::Exit app_password_list(Context&, const std::string& address);
process::Exit totp_enable(Context&, const std::string& address);

struct QueueChoice {
    std::string sender, recipient, domain, state;
    std::string after;
    std::uint32_t limit = 100;
    enum class Extent : std::uint8_t { page, everything } extent = Extent::page;
};
process::Exit queue_list(Context&, const QueueChoice&);
process::Exit queue_show(Context&, const std::string& id);
/// `action`: hold, release, retry, remove; of the letters named, or else of what the choice takes.
process::Exit queue_change(Context&, const std::string& action, const std::vector<std::string>& ids,
                           const QueueChoice&);

process::Exit trace(Context&, const std::string& id);
struct Question {
    std::string recipient, sender, client;
};
process::Exit explain(Context&, const Question&);
process::Exit status(Context&);
process::Exit who(Context&, const std::string& address);
process::Exit kick(Context&, const std::string& whom);
/// `what`: update, rebuild, or status alone.
process::Exit mailbox_index(Context&, const std::string& address, const std::string& what);
process::Exit reload(Context&);

/// What the carrying of letters has found out about hosts.
process::Exit hosts(Context&);
/// "" for all of them.
process::Exit hosts_forget(Context&, const std::string& domain);

/// `program`: sendmail, mailq, …
process::Exit sendmail(Context&, std::string_view program,
                       const std::vector<std::string>& arguments);

/// A desk for the configuration; or the reason why there is none has been told.
std::expected<std::unique_ptr<Desk>, process::Exit> desk_for(Context&);
/// A refusal has been told (in JSON too, where that is wanted).
std::expected<wire::AdminAnswer, process::Exit> ask(Context&, Desk&, const wire::Admin&);
/// The same for commands that ask one question.
std::expected<wire::AdminAnswer, process::Exit> ask(Context&, const wire::Admin&);
/// The answer's result, and where to go on.
struct Told;
std::expected<Told, process::Exit> ask_for_result(Context&, Desk&, const wire::Admin&);
std::expected<Told, process::Exit> ask_for_result(Context&, const wire::Admin&);

process::Exit refuse(Context&, process::Exit, const std::string& sentence);

} // namespace posthouse::cli
