// SPDX-License-Identifier: Apache-2.0
#include "config/sections.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace posthouse::config {

void read_tables(const Section& root, Config& config)
{
    auto& tables = config.tables;
    const auto section = root.section("tables");
    section.read("aliases", tables.aliases);
    section.read("virtusertable", tables.virtusertable);
    section.read("mailertable", tables.mailertable);
    section.read("access", tables.access);
    section.read("genericstable", tables.genericstable);
    section.read("generics_domains", tables.generics_domains);
    section.read("local_host_names", tables.local_host_names);
    section.read("relay_domains", tables.relay_domains);
    section.read("sender_relays", tables.sender_relays);
    section.read("copies", tables.copies);
}

void read_routing(const Section& root, Config& config)
{
    auto& routing = config.routing;
    const auto section = root.section("routing");
    section.read("separator", routing.separator);
    section.read("always_copy", routing.always_copy);
    section.read("verp_lists", routing.verp_lists);
    section.read("expansion_limit", routing.expansion_limit);
}

void read_masquerade(const Section& root, Config& config)
{
    auto& masquerade = config.masquerade;
    const auto section = root.section("masquerade");
    section.read("as", masquerade.as);
    section.read("domains", masquerade.domains);
    section.read("exceptions", masquerade.exceptions);
    section.read("exposed_users", masquerade.exposed_users);
    section.read("envelope", masquerade.envelope);
    section.read("recipients", masquerade.recipients);
    section.read("add_domain", masquerade.add_domain);
    if (section.find("as"))
        return;
    constexpr auto remedy = "as = \"example.org\", what they are rewritten to";
    if (!masquerade.domains.empty())
        section.problem("domains", "need as", remedy);
    if (!masquerade.exceptions.empty())
        section.problem("exceptions", "need as", remedy);
}

void read_local_delivery(const Section& root, Config& config)
{
    auto& delivery = config.local_delivery;
    const auto section = root.section("local_delivery");
    section.read_choice("format", delivery.format);
    section.read("mbox_directory", delivery.mbox_directory);
    section.read("maildir", delivery.maildir);
    section.read("program", delivery.program);
    section.read("forward", delivery.forward);
    section.read("programs_allowed", delivery.programs_allowed);
    section.read("program_timeout", delivery.program_timeout);
    section.read("program_output", delivery.program_output);
    section.read("quota_bytes", delivery.quota_bytes);
    section.read("default_user", delivery.default_user);
    section.read("concurrency", delivery.concurrency);
    const bool program = delivery.format == LocalDelivery::Format::program;
    if (program && !section.find("program"))
        section.problem("format", "needs program", "program = \"/usr/bin/procmail -d %u\"");
    if (!program && section.find("program"))
        section.problem("program", "runs with format = \"program\" only",
                        "format = \"program\", or no such key here");
    if (delivery.default_user == "root")
        section.problem("default_user", "is root, with whose rights nothing of others may run",
                        "a user without any rights, such as \"nobody\"");
}

void read_submission(const Section& root, Config& config)
{
    auto& submission = config.submission;
    const auto section = root.section("submission");
    section.read("socket", submission.socket);
    section.read("drop", submission.drop);
    section.read("trusted_users", submission.trusted_users);
    if (submission.socket.empty())
        return;
    if (!is_socket_path(submission.socket))
        section.problem("socket", "is too long for a Unix socket", "at most 107 bytes");
    if (std::ranges::find(config.listen, submission.socket, &Listener::path) != config.listen.end())
        section.problem("socket", fmt::format("{} is under [[listen]] too", submission.socket),
                        "each socket once");
}

void read_notifications(const Section& root, Config& config)
{
    auto& notifications = config.notifications;
    const auto section = root.section("notifications");
    section.read_choice("language", notifications.language);
    section.read("template_file", notifications.template_file);
    section.read("postmaster", notifications.postmaster);
    section.read("tell_postmaster", notifications.tell_postmaster);
}

void read_milters(const Section& root, Config& config)
{
    for (const auto& section : root.tables("milter")) {
        Milter milter;
        Address address;
        section.require("name");
        section.require("address");
        section.read("name", milter.name);
        section.read("address", address);
        milter.path = address.path;
        milter.address = address.endpoint;
        section.read_choice("on_failure", milter.on_failure);
        section.read("connect_timeout", milter.connect_timeout);
        section.read("command_timeout", milter.command_timeout);
        section.read("end_timeout", milter.end_timeout);
        if (!milter.name.empty() &&
            std::ranges::find(config.milters, milter.name, &Milter::name) != config.milters.end())
            section.problem("name", fmt::format("{} is there twice", milter.name),
                            "another name for each");
        config.milters.push_back(std::move(milter));
    }
}

void read_process(const Section& root, Config& config)
{
    auto& process = config.process;
    const auto section = root.section("process");
    const auto users = section.section("users");
    users.read("gate", process.users.gate);
    users.read("keeper", process.users.keeper);
    users.read("sorter", process.users.sorter);
    users.read("courier", process.users.courier);
    users.read("resolver", process.users.resolver);
    users.read("clerk", process.users.clerk);
    users.read("tables", process.users.tables);
    users.read("signer", process.users.signer);
    section.read("gate_threads", process.gate_threads);
    section.read("sorter_workers", process.sorter_workers);
    section.read("drain_seconds", process.drain_seconds);
}

} // namespace posthouse::config
