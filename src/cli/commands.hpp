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

struct QuotaWish {
    std::string address, size, messages;
};
process::Exit user_quota(Context&, const QuotaWish&);

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
struct UndeleteWish {
    std::string address, mailbox, since;
    std::vector<std::string> uids;
    bool list = false, new_uids = false;
};
process::Exit mailbox_undelete(Context&, const UndeleteWish&);
struct AccessWish {
    std::string address, mailbox, identifier, rights;
    bool change = false;
};
process::Exit mailbox_acl(Context&, const AccessWish&);
struct ImportWish {
    std::string address, path, format = "auto", into, uidl_format;
    std::vector<std::string> folders;
    bool over_quota = false, again = false, dry_run = false;
};
process::Exit mailbox_import(Context&, const ImportWish&);
struct ExportWish {
    std::string address, path, format = "maildir";
    std::vector<std::string> folders;
};
process::Exit mailbox_export(Context&, const ExportWish&);
process::Exit reload(Context&);

struct BackupWish {
    std::string repository;
    bool all_bodies = false;
    std::uint64_t bytes_a_second = 0; ///< 0: as fast as it goes
};
process::Exit backup_take(Context&, const BackupWish&);
struct VerifyWish {
    std::string repository, backup; ///< none: all of them
    bool quick = false, set_aside = false;
};
process::Exit backup_verify(Context&, const VerifyWish&);
process::Exit backup_list(Context&, const std::string& repository);
process::Exit backup_forget(Context&, const std::string& repository, std::uint64_t keep);
struct RestoreWish {
    std::string repository, backup = "latest";
    std::string account, as; ///< none: all of them
    bool replace = false, without_queue = false, exact = false;
};
process::Exit restore(Context&, const RestoreWish&);

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
