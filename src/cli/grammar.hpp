// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"

#include <functional>
#include <memory>

namespace CLI {
class App;
}

namespace posthouse::cli {

/// The subcommands, their options and their help.
class Grammar {
public:
    explicit Grammar(Context&);
    ~Grammar();
    CLI::App& app() { return *app_; }
    /// Runs what was asked for, after app().parse().
    process::Exit run();

private:
    using Action = std::function<process::Exit()>;
    CLI::App* add(CLI::App* to, const char* name, const char* description, const char* examples);
    void on(CLI::App*, Action);
    void add_server_commands();
    void add_user_commands(); // grammar_users.cpp
    void add_name_commands(CLI::App* user);
    void add_credential_commands(CLI::App* user);
    void add_quota_command(CLI::App* user); // user_quota.cpp
    void add_mailbox_commands();            // grammar_mailboxes.cpp
    void add_index_command(CLI::App* mailbox);
    void add_undelete_command(CLI::App* mailbox); // undelete.cpp
    void add_acl_command(CLI::App* mailbox);      // mailbox_access.cpp
    void add_import_command(CLI::App* mailbox);   // grammar_moving.cpp
    void add_export_command(CLI::App* mailbox);
    void add_queue_commands();
    void add_story_commands();
    void add_host_commands();
    void add_backup_commands(); // grammar_backup.cpp
    void add_manual_commands();

    Context& context_;
    std::unique_ptr<CLI::App> app_;
    Action action_;
    bool json_ = false;
};

} // namespace posthouse::cli
