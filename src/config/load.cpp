// SPDX-License-Identifier: Apache-2.0
#include "config/load.hpp"

#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "config/reader.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace posthouse::config {

namespace {

constexpr std::size_t file_bytes = 1 << 20;

/// Where a key stands, for problems that concern more than its own value.
Place place_of(const Section& section, std::string_view name)
{
    if (const Member* member = section.find(name))
        return member->place;
    return section.table() ? section.table()->place : Place{};
}

class Reading {
public:
    Reading(const Node& document, Problems& problems)
        : root_(&document, "", "", problems),
          problems_(problems)
    {
    }

    /// Whole only if there were no problems.
    void read(Config& config)
    {
        root_.read("data_dir", config.data_dir);
        root_.read_choice("log_level", config.log_level);
        read_domains(config);
        read_tls(config.tls);
        read_listeners(config);
        read_dns(config.dns);
        read_limits(config.limits);
        read_queue(config.queue);
        read_smtp(config.smtp);
        read_outbound(config.outbound);
        read_process(config.process);
    }

    std::optional<mail::Domain> hostname()
    {
        std::optional<mail::Domain> name;
        root_.require("hostname");
        root_.read("hostname", name);
        return name;
    }

private:
    void read_domains(Config& config);
    void read_catch_all(const Member& member, const mail::Domain& domain, Config& config);
    void read_tls(Tls& tls);
    void read_listeners(Config& config);
    void read_listener(const Section& section, Config& config);
    void read_protocol(const Section& section, Protocol& protocol);
    void check_listener(const Section& section, const Listener& listener, const Config& config);
    void read_dns(Dns& dns);
    void read_limits(Limits& limits);
    void read_queue(Queue& queue);
    void read_smtp(Smtp& smtp);
    void read_outbound(Outbound& outbound);
    void read_process(Process& process);

    Section root_;
    Problems& problems_;
};

void Reading::read_domains(Config& config)
{
    const auto domains = root_.section("domains");
    if (!domains.table())
        return;
    for (const auto& member : domains.table()->members) {
        const auto domain = mail::Domain::parse(member.name);
        const auto shown = fmt::format("domains.\"{}\"", printable(member.name, 80));
        if (!domain || domain->is_literal())
            problems_.add(member.place, shown, "is not a domain name",
                          "a domain name such as \"example.org\"");
        else if (!config.domains.emplace(*domain, LocalDomain{}).second)
            problems_.add(member.place, shown, "is there twice", "each domain once");
    }
    for (const auto& member : domains.table()->members) // Now that all domains are known.
        if (const auto domain = mail::Domain::parse(member.name))
            read_catch_all(member, *domain, config);
}

void Reading::read_catch_all(const Member& member, const mail::Domain& domain, Config& config)
{
    if (member.value.kind != Node::Kind::table)
        return;
    const Section section(&member.value, "domains.*.",
                          fmt::format("domains.\"{}\".", printable(member.name, 80)), problems_);
    std::optional<mail::Mailbox> catch_all;
    section.read("catch_all", catch_all);
    if (!catch_all)
        return;
    if (!config.domains.contains(catch_all->domain()))
        problems_.add(place_of(section, "catch_all"), section.shown("catch_all"),
                      fmt::format("{} is not ours", catch_all->domain().text()),
                      "an address of a domain under [domains]");
    if (const auto local = config.domains.find(domain); local != config.domains.end())
        local->second.catch_all = std::move(catch_all);
}

void Reading::read_tls(Tls& tls)
{
    const auto section = root_.section("tls");
    section.read("certificate", tls.certificate);
    section.read("key", tls.key);
    section.read_choice("minimum", tls.minimum);
    const bool certificate = section.find("certificate"), key = section.find("key");
    if (certificate && !key)
        problems_.add(place_of(section, "certificate"), "tls.key",
                      "is missing, but there is a certificate", "both or neither");
    if (key && !certificate)
        problems_.add(place_of(section, "key"), "tls.certificate", "is missing, but there is a key",
                      "both or neither");
}

void Reading::read_listeners(Config& config)
{
    const Member* listen = root_.find("listen");
    if (!listen || listen->value.kind != Node::Kind::array)
        return;
    for (std::size_t i = 0; const auto& item : listen->value.items) {
        if (item.kind == Node::Kind::table)
            read_listener({&item, "listen[].", fmt::format("listen[{}].", i), problems_}, config);
        ++i;
    }
}

void Reading::read_listener(const Section& section, Config& config)
{
    Listener listener;
    listener.tls = config.tls.configured() ? ListenerTls::starttls : ListenerTls::off;
    section.require("address");
    section.read("address", listener.address);
    read_protocol(section, listener.protocol);
    section.read_choice("tls", listener.tls);
    section.read("plaintext_auth", listener.plaintext_auth);
    check_listener(section, listener, config);
    config.listen.push_back(std::move(listener));
}

void Reading::read_protocol(const Section& section, Protocol& protocol)
{
    section.require("protocol");
    if (const Member* member = section.find("protocol"))
        for (const std::string_view later : {"submission", "lmtp", "imap"})
            if (member->value.text == later)
                return problems_.add(member->value.place, section.shown("protocol"),
                                     fmt::format("\"{}\" comes with a later version", later),
                                     expectation(*find_key("listen[].protocol")));
    section.read_choice("protocol", protocol);
}

void Reading::check_listener(const Section& section, const Listener& listener, const Config& config)
{
    if (section.find("tls") && listener.tls != ListenerTls::off && !config.tls.configured())
        problems_.add(place_of(section, "tls"), section.shown("tls"), "needs a certificate",
                      "certificate and key under [tls], or tls = \"off\"");
    if (section.find("plaintext_auth") && listener.protocol != Protocol::pop3)
        problems_.add(place_of(section, "plaintext_auth"), section.shown("plaintext_auth"),
                      "is for POP3 only", "no such key here");
    if (listener.address.port == 0)
        return; // Already complained of.
    for (const auto& other : config.listen)
        if (other.address == listener.address)
            problems_.add(place_of(section, "address"), section.shown("address"),
                          fmt::format("{} is there twice", listener.address.text()),
                          "each address and port once");
}

void Reading::read_smtp(Smtp& smtp)
{
    const auto section = root_.section("smtp");
    section.read_choice("bare_newline", smtp.bare_newline);
    section.read("trusted_networks", smtp.trusted_networks);
    section.read("relay_domains", smtp.relay_domains);
}

void Reading::read_dns(Dns& dns)
{
    const auto section = root_.section("dns");
    section.read("servers", dns.servers);
    section.read("timeout", dns.timeout);
    section.read("dnssec", dns.dnssec);
}

void Reading::read_limits(Limits& limits)
{
    const auto section = root_.section("limits");
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
        problems_.add(place_of(section, "header_bytes"), "limits.header_bytes",
                      "is more than limits.message_bytes", "at most as much");
}

void Reading::read_queue(Queue& queue)
{
    const auto section = root_.section("queue");
    section.read("retry_first", queue.retry_first);
    section.read("retry_factor", queue.retry_factor);
    section.read("retry_maximum", queue.retry_maximum);
    section.read("lifetime", queue.lifetime);
    section.read("concurrency", queue.concurrency);
    section.read("concurrency_per_site", queue.concurrency_per_site);
    section.read("connection_reuse", queue.connection_reuse);
    if (queue.retry_first > queue.retry_maximum)
        problems_.add(place_of(section, "retry_first"), "queue.retry_first",
                      "is more than queue.retry_maximum", "at most as much");
    if (queue.concurrency_per_site > queue.concurrency)
        problems_.add(place_of(section, "concurrency_per_site"), "queue.concurrency_per_site",
                      "is more than queue.concurrency", "at most as much");
}

void Reading::read_outbound(Outbound& outbound)
{
    const auto section = root_.section("outbound");
    section.read("port", outbound.port);
    section.read("smart_host", outbound.smart_host);
    section.read_choice("tls", outbound.tls);
    section.read("source_ipv4", outbound.source_ipv4);
    section.read("source_ipv6", outbound.source_ipv6);
    section.read("hold", outbound.hold);
}

void Reading::read_process(Process& process)
{
    const auto section = root_.section("process");
    const auto users = section.section("users");
    users.read("gate", process.users.gate);
    users.read("keeper", process.users.keeper);
    users.read("sorter", process.users.sorter);
    users.read("courier", process.users.courier);
    users.read("resolver", process.users.resolver);
    users.read("clerk", process.users.clerk);
    section.read("gate_threads", process.gate_threads);
    section.read("sorter_workers", process.sorter_workers);
    section.read("drain_seconds", process.drain_seconds);
}

std::unexpected<std::vector<Problem>> one_problem(const std::string& file, std::string wrong,
                                                  std::string right)
{
    Problems problems(file);
    problems.add({}, {}, std::move(wrong), std::move(right));
    return std::unexpected(problems.take());
}

} // namespace

std::string Problem::text() const
{
    std::string text = file;
    if (line != 0)
        text += fmt::format(":{}:{}", line, column);
    text += fmt::format(": {}{}{}", key, key.empty() ? "" : " ", wrong);
    if (!right.empty())
        text += fmt::format("; right would be: {}", right);
    return text;
}

Loaded load_text(std::string_view toml, std::string file)
{
    Problems problems(std::move(file));
    const auto document = parse_document(toml);
    if (!document) {
        problems.add(document.error().place, {}, printable(document.error().what), "");
        return std::unexpected(problems.take());
    }
    check_names(*document, problems);
    Reading reading(*document, problems);
    auto hostname = reading.hostname();
    Config config{.hostname = hostname.value_or(*mail::Domain::parse("localhost"))};
    reading.read(config);
    if (!problems.none())
        return std::unexpected(problems.take());
    return config;
}

Loaded load_file(const std::string& path)
{
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!fd)
        return one_problem(path, fmt::format("cannot be opened: {}", std::strerror(errno)),
                           "a file that can be read");
    std::string text;
    for (;;) {
        char piece[16 * 1024];
        const auto count = ::read(fd.get(), piece, sizeof piece);
        if (count < 0)
            return one_problem(path, fmt::format("cannot be read: {}", std::strerror(errno)),
                               "a file that can be read");
        if (count == 0)
            break;
        text.append(piece, static_cast<std::size_t>(count));
        if (text.size() > file_bytes)
            return one_problem(path, "is too long", "at most 1MiB");
    }
    return load_text(text, path);
}

} // namespace posthouse::config
