// SPDX-License-Identifier: Apache-2.0
#include "cli/grammar.hpp"
#include "cli/manual.hpp"

#include <CLI/CLI.hpp>

#include <ostream>

namespace posthouse::cli {

using process::Exit;

namespace {

void add_filters(CLI::App* command, QueueChoice& choice)
{
    command->add_option("--sender", choice.sender, "Only letters from this address (<>: none)")
        ->type_name("ADDRESS");
    command->add_option("--recipient", choice.recipient, "Only letters to this address")
        ->type_name("ADDRESS");
    command->add_option("--domain", choice.domain, "Only letters to addresses of this domain")
        ->type_name("DOMAIN");
    command->add_option("--state", choice.state, "Only letters in this state")
        ->type_name("unsorted|held|waiting|deferred|poison");
}

struct Verb {
    const char* name;
    const char* description;
    const char* examples;
};

} // namespace

void Grammar::add_queue_commands()
{
    auto* queue = add(app_.get(), "queue", "The queue: list, show, hold, release, retry, remove",
                      "  posthouse queue list\n  posthouse queue show 7qhzra5zx0f74");
    queue->require_subcommand(1);
    auto choice = std::make_shared<QueueChoice>();
    auto all = std::make_shared<bool>(false);
    auto ids = std::make_shared<std::vector<std::string>>();
    const auto chosen = [choice, all] {
        auto result = *choice;
        result.extent = *all ? QueueChoice::Extent::everything : QueueChoice::Extent::page;
        return result;
    };
    auto* list = add(queue, "list", "List letters, the oldest first, a page at a time",
                     "  posthouse queue list --state deferred --domain example.net\n"
                     "  posthouse queue list --limit 20 --after 7qhzra5zx0f74\n"
                     "  posthouse queue list --all --json | jq '.letters[].id'");
    add_filters(list, *choice);
    list->add_option("--limit", choice->limit, "How many letters at most")
        ->type_name("N")
        ->check(CLI::Range(1u, 1'000'000u))
        ->capture_default_str();
    list->add_option("--after", choice->after, "Go on behind this letter")->type_name("ID");
    list->add_flag("--all", *all, "All of them, however many");
    on(list, [this, chosen] { return queue_list(context_, chosen()); });

    auto* show = add(queue, "show", "All that is known of a letter in the queue",
                     "  posthouse queue show 7qhzra5zx0f74");
    show->add_option("ID", *ids, "The letter's id")->required()->expected(1);
    on(show, [this, ids] { return queue_show(context_, ids->front()); });

    for (const auto& verb :
         {Verb{"hold", "Keep letters from being delivered until they are released",
               "  posthouse queue hold 7qhzra5zx0f74\n"
               "  posthouse queue hold --all --domain example.net"},
          Verb{"release", "Let letters go on that are held or poison",
               "  posthouse queue release 7qhzra5zx0f74\n"
               "  posthouse queue release --all --state held"},
          Verb{"retry", "Try waiting letters now",
               "  posthouse queue retry 7qhzra5zx0f74\n"
               "  posthouse queue retry --all --domain example.net"},
          Verb{"remove", "Remove letters; nobody is told",
               "  posthouse queue remove 7qhzra5zx0f74\n"
               "  posthouse queue remove --all --sender '<>'"}}) {
        auto* command = add(queue, verb.name, verb.description, verb.examples);
        command->add_option("ID", *ids, "Letters' ids");
        command->add_flag("--all", *all, "Every letter that the options choose");
        add_filters(command, *choice);
        on(command, [this, chosen, ids, name = std::string(verb.name)] {
            return queue_change(context_, name, *ids, chosen());
        });
    }
}

void Grammar::add_story_commands()
{
    auto question = std::make_shared<Question>();
    auto id = std::make_shared<std::string>();
    auto* trace_it =
        add(app_.get(), "trace", "The whole story of a letter, for 14 days after its end",
            "  posthouse trace 7qhzra5zx0f74\n"
            "  posthouse trace 7qhzra5zx0f74 --json");
    trace_it->add_option("ID", *id, "The letter's id, as in the 250 reply and in Received:")
        ->required();
    on(trace_it, [this, id] { return trace(context_, *id); });

    auto* explain_it =
        add(app_.get(), "explain", "What would become of mail for an address, and why",
            "  posthouse explain bob@example.org\n"
            "  posthouse explain someone@example.net --client 192.0.2.7 "
            "--from alice@example.org");
    explain_it->add_option("ADDRESS", question->recipient, "The recipient")->required();
    explain_it->add_option("--from", question->sender, "The sender")->type_name("ADDRESS");
    explain_it->add_option("--client", question->client, "The client that hands it in")
        ->type_name("IP");
    on(explain_it, [this, question] { return explain(context_, *question); });

    on(add(app_.get(), "status", "Whether the server runs, and what it is doing",
           "  posthouse status\n  posthouse status --json"),
       [this] { return status(context_); });
    auto whom = std::make_shared<std::string>();
    auto* who_is = add(app_.get(), "who", "Who is logged in to read or send",
                       "  posthouse who\n  posthouse who ann@example.org --json");
    who_is->add_option("ADDRESS", *whom, "Of this account alone");
    on(who_is, [this, whom] { return who(context_, *whom); });
    auto* kick_it = add(app_.get(), "kick", "End the sessions of an account, or one of them",
                        "  posthouse kick ann@example.org\n  posthouse kick 7qhzra5zx0f74");
    kick_it->add_option("WHOM", *whom, "An address, or a session as `who` shows it")->required();
    on(kick_it, [this, whom] { return kick(context_, *whom); });
    on(add(app_.get(), "reload", "Have the running server read its configuration again",
           "  posthouse reload    # a wrong configuration is reported and changes nothing"),
       [this] { return reload(context_); });
}

void Grammar::add_manual_commands()
{
    auto shell = std::make_shared<std::string>();
    auto* complete = add(app_.get(), "completion", "Print a completion script for a shell",
                         "  posthouse completion bash > "
                         "/usr/share/bash-completion/completions/posthouse\n"
                         "  posthouse completion fish | source");
    complete->add_option("SHELL", *shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    on(complete, [this, shell] {
        context_.console.out << completion_script(*app_, *shell);
        return Exit::ok;
    });
    auto section = std::make_shared<std::string>();
    auto* manual = add(app_.get(), "manual", "Print a manual page",
                       "  posthouse manual 1 > packaging/man/posthouse.1\n"
                       "  posthouse manual 5 > packaging/man/posthouse.toml.5");
    manual->group(""); // For those who build it.
    manual->add_option("SECTION", *section, "1 or 5")->required()->check(CLI::IsMember({"1", "5"}));
    on(manual, [this, section] {
        context_.console.out << (*section == "1" ? command_manual(*app_) : configuration_manual());
        return Exit::ok;
    });
}

} // namespace posthouse::cli
