// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "config/networks.hpp"
#include "config/sections.hpp"

#include <fmt/format.h>

namespace posthouse::config {

namespace {

void read_domain(const Section& section, const mail::Domain& name, Config& config)
{
    const auto found = config.domains.find(name);
    if (!section.table() || found == config.domains.end())
        return;
    LocalDomain domain;
    section.read_choice("users", domain.users);
    section.read("catch_all", domain.catch_all);
    if (domain.catch_all && !config.domains.contains(domain.catch_all->domain()))
        section.problem("catch_all",
                        fmt::format("{} is not ours", domain.catch_all->domain().text()),
                        "an address of a domain under [domains]");
    found->second = std::move(domain);
}

void read_protocol(const Section& section, Protocol& protocol)
{
    section.require("protocol");
    section.read_choice("protocol", protocol);
}

/// Here people log in.
bool serves_users(Protocol protocol)
{
    return protocol == Protocol::pop3 || protocol == Protocol::imap ||
           protocol == Protocol::submission;
}

/// What goes together only on some listeners.
void check_listener(const Section& section, const Listener& listener)
{
    const bool for_users = serves_users(listener.protocol);
    if (section.find("plaintext_auth") && !for_users)
        section.problem("plaintext_auth", "is for POP3, IMAP and submission only",
                        "no such key here");
    if (listener.protocol == Protocol::lmtp && listener.path.empty() &&
        listener.address.port == 25) // RFC 2033 §5
        section.problem("address", "is SMTP's port, where LMTP must not be spoken",
                        "another port, such as 24, or a Unix socket");
    if (!listener.path.empty()) {
        if (for_users)
            section.problem("address", "is a Unix socket",
                            "an IP address and a port, where users log in");
        if (listener.tls != ListenerTls::off)
            section.problem("tls", "is not for Unix sockets", "no such key here");
        if (!listener.proxy_from.empty())
            section.problem("proxy_from", "is not for Unix sockets", "no such key here");
        return;
    }
    for (const std::string_view name : {"mode", "owner", "group"})
        if (section.find(name) && listener.address.port != 0)
            section.problem(name, "is for Unix sockets only", "no such key here");
}

void read_listener(const Section& section, Config& config)
{
    Listener listener;
    Address address;
    section.require("address");
    section.read("address", address);
    listener.address = address.endpoint;
    listener.path = address.path;
    section.read("mode", listener.mode);
    section.read("owner", listener.owner);
    section.read("group", listener.group);
    section.read("proxy_from", listener.proxy_from);
    read_protocol(section, listener.protocol);
    if (config.tls.configured() && listener.path.empty())
        listener.tls = ListenerTls::starttls;
    section.read_choice("tls", listener.tls);
    if (section.find("tls") && listener.tls != ListenerTls::off && !config.tls.configured())
        section.problem("tls", "needs a certificate",
                        "certificate and key under [tls], or tls = \"off\"");
    section.read("plaintext_auth", listener.plaintext_auth);
    check_listener(section, listener);
    const bool known = listener.address.port != 0 || !listener.path.empty();
    for (const auto& other : config.listen)
        if (known && other.text() == listener.text())
            section.problem("address", fmt::format("{} is there twice", listener.text()),
                            "each address and port once");
    config.listen.push_back(std::move(listener));
}

} // namespace

void read_domains(const Section& root, Config& config)
{
    const auto domains = root.section("domains");
    if (!domains.table())
        return;
    const auto& members = domains.table()->members;
    for (const auto& member : members) {
        const auto domain = mail::Domain::parse(member.name);
        if (!domain || domain->is_literal())
            domains.problem(member, "is not a domain name",
                            "a domain name such as \"example.org\"");
        else if (!config.domains.emplace(*domain, LocalDomain{}).second)
            domains.problem(member, "is there twice", "each domain once");
    }
    for (const auto& member : members) // Now that all domains are known.
        if (const auto domain = mail::Domain::parse(member.name))
            read_domain(domains.section(member), *domain, config);
}

void read_listeners(const Section& root, Config& config)
{
    for (const auto& section : root.tables("listen"))
        read_listener(section, config);
}

void read_smtp(const Section& root, Config& config)
{
    auto& smtp = config.smtp;
    const auto section = root.section("smtp");
    section.read_choice("bare_newline", smtp.bare_newline);
    section.read("trusted_networks", smtp.trusted_networks);
    section.read("relay_domains", smtp.relay_domains);
    section.read("i_want_an_open_relay", smtp.i_want_an_open_relay);
    section.read("client_names", smtp.client_names);
    section.read("ident", smtp.ident);
    section.read("ident_timeout", smtp.ident_timeout);
    section.read("etrn_networks", smtp.etrn_networks);
    if (holds_everyone(smtp.trusted_networks) && !smtp.i_want_an_open_relay)
        section.problem("trusted_networks", "hold everyone, so that this would be an open relay",
                        "the networks of your own clients; or, should you really want that, "
                        "i_want_an_open_relay = true");
}

void read_dns(const Section& root, Config& config)
{
    const auto section = root.section("dns");
    section.read("servers", config.dns.servers);
    section.read("timeout", config.dns.timeout);
    section.read("dnssec", config.dns.dnssec);
}

void read_limits(const Section& root, Config& config)
{
    auto& limits = config.limits;
    const auto section = root.section("limits");
    section.read("message_bytes", limits.message_bytes);
    section.read("header_bytes", limits.header_bytes);
    section.read("line_bytes", limits.line_bytes);
    section.read("command_line", limits.command_line);
    section.read("recipients", limits.recipients);
    section.read("hops", limits.hops);
    section.read("sessions", limits.sessions);
    section.read("sessions_per_client", limits.sessions_per_client);
    section.read("errors", limits.errors);
    section.read("junk_commands", limits.junk_commands);
    section.read("command_timeout", limits.command_timeout);
    section.read("data_bytes_per_second", limits.data_bytes_per_second);
    if (limits.header_bytes > limits.message_bytes)
        section.problem("header_bytes", "is more than limits.message_bytes", "at most as much");
}

} // namespace posthouse::config
