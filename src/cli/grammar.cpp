// SPDX-License-Identifier: Apache-2.0
#include "cli/grammar.hpp"

#include <CLI/CLI.hpp>

namespace posthouse::cli {

using process::Exit;

Grammar::Grammar(Context& context)
    : context_(context),
      app_(std::make_unique<CLI::App>("A whole mail system in one program.", "posthouse"))
{
    app_->require_subcommand(1);
    app_->add_option("--config", context_.config_path, "The configuration file")
        ->type_name("FILE")
        ->capture_default_str();
    app_->add_flag("--json", json_, "Results as JSON, for programs");
    app_->set_version_flag("--version", std::string("posthouse " POSTHOUSE_VERSION));
    app_->footer("Examples:\n"
                 "  posthouse check\n"
                 "  posthouse user add alice@example.org\n"
                 "  posthouse queue list --state deferred\n"
                 "Each command has a --help of its own. The manual is posthouse(1).");
    add_server_commands();
    add_user_commands();
    add_mailbox_commands();
    add_queue_commands();
    add_story_commands();
    add_host_commands();
    add_backup_commands();
    add_manual_commands();
}

Grammar::~Grammar() = default;

process::Exit Grammar::run()
{
    context_.output = json_ ? Output::json : Output::text;
    return action_ ? action_() : Exit::usage;
}

CLI::App* Grammar::add(CLI::App* to, const char* name, const char* description,
                       const char* examples)
{
    auto* command = to->add_subcommand(name, description);
    command->fallthrough();
    command->footer(std::string("Everywhere: --config FILE, --json.\nExamples:\n") + examples);
    return command;
}

void Grammar::on(CLI::App* command, Action action)
{
    command->callback([this, a = std::move(action)] { action_ = a; });
}

void Grammar::add_server_commands()
{
    auto* serve = add(app_.get(), "serve", "Run the server, in the foreground",
                      "  posthouse serve\n"
                      "  posthouse serve --config run/demo/posthouse.toml\n"
                      "  posthouse serve --salvage    # the store's log is damaged: read what can "
                      "be read");
    auto salvage = std::make_shared<bool>(false);
    serve->add_flag("--salvage", *salvage,
                    "Open a store whose log is damaged with what can be read of it");
    on(serve, [this, salvage] {
        return context_.world.serve(context_.config_path,
                                    *salvage ? process::Salvage::yes : process::Salvage::no);
    });

    auto* check_it =
        add(app_.get(), "check", "Read the configuration and report all that is wrong with it",
            "  posthouse check\n"
            "  posthouse check --config new.toml --json");
    on(check_it, [this] { return check(context_); });
}

void Grammar::add_host_commands()
{
    auto* hosts_it =
        add(app_.get(), "hosts", "What is known of the hosts that letters are carried to",
            "  posthouse hosts\n"
            "  posthouse hosts --json | jq '.hosts[] | select(.state != \"\")'\n"
            "  posthouse hosts forget example.net");
    auto domain = std::make_shared<std::string>();
    auto* forget = add(hosts_it, "forget", "Forget it, of one destination or of all",
                       "  posthouse hosts forget example.net\n  posthouse hosts forget");
    forget->add_option("DOMAIN", *domain, "The destination; none: all");
    // The outer command's callback comes last.
    on(hosts_it, [this, forget, domain] {
        return forget->parsed() ? hosts_forget(context_, *domain) : hosts(context_);
    });

    auto* sendmail_it =
        add(app_.get(), "sendmail", "Send a letter as programs of this host do: see sendmail(1)",
            "  posthouse sendmail -t -i < letter\n"
            "  posthouse sendmail -f ann@example.org ben@example.net < letter");
    sendmail_it->fallthrough(false)->prefix_command();
    on(sendmail_it,
       [this, sendmail_it] { return sendmail(context_, "sendmail", sendmail_it->remaining()); });
}

} // namespace posthouse::cli
