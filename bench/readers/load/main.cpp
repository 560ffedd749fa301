// SPDX-License-Identifier: Apache-2.0
// mailbox_load LOAD [options]: one load on an IMAP or POP3 server, by connections that wait for
// each answer; what came of it is a line of JSON. bench/readers/run says which loads there are and
// compares servers by them.
#include "loads.hpp"

#include <CLI/CLI.hpp>
#include <csignal>

using namespace posthouse::load;

int main(int argc, char** argv)
{
    std::signal(SIGPIPE, SIG_IGN);
    Task task;
    bool tls = false;
    CLI::App app("Loads for IMAP and POP3 servers");
    app.fallthrough();
    app.add_option("--host", task.peer.host);
    app.add_option("--port", task.peer.port)->required();
    app.add_flag("--tls", tls);
    app.add_option("--users", task.users)->delimiter(',');
    app.add_option("--password", task.password);
    app.add_option("--mailbox", task.mailbox);
    app.add_option("--least", task.sizes.least_bytes);
    app.add_option("--most", task.sizes.most_bytes);
    app.add_option("--connections", task.connections);
    app.add_option("--count", task.count);
    app.add_option("--seconds", task.seconds);
    app.add_option("--first", task.first);
    app.require_subcommand(1);
    void (*load)(const Task&) = nullptr;
    app.add_subcommand("prepare", "APPENDs --count letters for each user")->final_callback([&] {
        load = run_prepare;
    });
    app.add_subcommand("script", "commands from standard input")->final_callback([&] {
        load = run_script;
    });
    app.add_subcommand("append", "APPEND, each waited for")->final_callback([&] {
        load = run_append;
    });
    app.add_subcommand("mix", "what people's clients do")->final_callback([&] { load = run_mix; });
    app.add_subcommand("logins", "connect, LOGIN, LOGOUT")->final_callback([&] {
        load = run_logins;
    });
    app.add_subcommand("idle", "sessions in IDLE, and changes they hear of")->final_callback([&] {
        load = run_idle;
    });
    app.add_subcommand("pop3", "STAT, UIDL and --count times RETR")->final_callback([&] {
        load = run_pop3;
    });
    CLI11_PARSE(app, argc, argv);
    task.peer.channel = tls ? Channel::tls : Channel::plain;
    load(task);
    return 0;
}
