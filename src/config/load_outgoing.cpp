// SPDX-License-Identifier: Apache-2.0
#include "config/sections.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace posthouse::config {

namespace {

/// Nothing where the table is absent.
std::optional<Login> read_login(const Section& section)
{
    if (!section.table())
        return std::nullopt;
    Login login;
    for (const std::string_view name : {"user", "password_file"})
        section.require(name);
    section.read("user", login.user);
    section.read("password_file", login.password_file);
    return login;
}

/// `first` and `maximum` are what holds, wherever it was said.
void check_waits(const Section& section, Span first, Span maximum)
{
    if (first <= maximum)
        return;
    if (section.find("retry_first"))
        section.problem("retry_first",
                        fmt::format("is more than retry_maximum, which is {}", span_text(maximum)),
                        "at most as much");
    else
        section.problem("retry_maximum",
                        fmt::format("is less than retry_first, which is {}", span_text(first)),
                        "at least as much");
}

/// Only where it was said: the default is for letters that live long enough.
void check_warning(const Section& section, Span after, Span lifetime)
{
    if (section.find("warn_after") && after >= lifetime)
        section.problem("warn_after",
                        fmt::format("is no less than lifetime, which is {}", span_text(lifetime)),
                        "less than lifetime, or \"0s\" for no warning");
}

void check_destination(const Section& section, const Destination& destination, const Config& config)
{
    const bool fingerprint = destination.tls == OutboundTls::fingerprint;
    if (fingerprint && !section.says("fingerprints"))
        section.problem("tls", "needs fingerprints",
                        "fingerprints = [\"…\"], of the certificates that will do");
    if (!fingerprint && !destination.fingerprints.empty())
        section.problem("fingerprints", "are compared with tls = \"fingerprint\" only",
                        "tls = \"fingerprint\", or no such key here");
    if (destination.concurrency && *destination.concurrency > config.queue.concurrency)
        section.problem("concurrency", "is more than queue.concurrency", "at most as much");
    if (destination.retry_first || destination.retry_maximum)
        check_waits(section, destination.retry_first.value_or(config.queue.retry_first),
                    destination.retry_maximum.value_or(config.queue.retry_maximum));
    if (destination.warn_after)
        check_warning(section, *destination.warn_after,
                      destination.lifetime.value_or(config.queue.lifetime));
    for (const auto& other : config.destinations)
        if (!destination.match.empty() && other.match == destination.match)
            section.problem("match", fmt::format("{} is there twice", destination.match),
                            "each destination once");
}

} // namespace

void read_queue(const Section& root, Config& config)
{
    auto& queue = config.queue;
    const auto section = root.section("queue");
    section.read("retry_first", queue.retry_first);
    section.read("retry_factor", queue.retry_factor);
    section.read("retry_maximum", queue.retry_maximum);
    section.read("lifetime", queue.lifetime);
    section.read("warn_after", queue.warn_after);
    section.read("notification_lifetime", queue.notification_lifetime);
    section.read("concurrency", queue.concurrency);
    section.read("concurrency_per_site", queue.concurrency_per_site);
    section.read("connection_reuse", queue.connection_reuse);
    check_waits(section, queue.retry_first, queue.retry_maximum);
    check_warning(section, queue.warn_after, queue.lifetime);
    if (queue.concurrency_per_site > queue.concurrency)
        section.problem("concurrency_per_site", "is more than queue.concurrency",
                        "at most as much");
}

void read_outbound(const Section& root, Config& config)
{
    auto& outbound = config.outbound;
    const auto section = root.section("outbound");
    section.read("port", outbound.port);
    section.read("smart_host", outbound.smart_host);
    section.read("fallback_relay", outbound.fallback_relay);
    section.read_choice("tls", outbound.tls);
    section.read("source_ipv4", outbound.source_ipv4);
    section.read("source_ipv6", outbound.source_ipv6);
    section.read("recipients", outbound.recipients);
    section.read("hold", outbound.hold);
    outbound.smart_host_login = read_login(section.section("smart_host_login"));
    if (outbound.smart_host_login && !section.says("smart_host"))
        section.problem("smart_host_login", "needs a smart host", "smart_host = \"…\"");
}

void read_destinations(const Section& root, Config& config)
{
    for (const auto& section : root.tables("destination")) {
        Destination destination;
        section.require("match");
        section.read("match", destination.match);
        section.read_choice("tls", destination.tls);
        section.read("fingerprints", destination.fingerprints);
        section.read("source_ipv4", destination.source_ipv4);
        section.read("source_ipv6", destination.source_ipv6);
        section.read("port", destination.port);
        section.read("concurrency", destination.concurrency);
        section.read("letters_per_minute", destination.letters_per_minute);
        section.read("retry_first", destination.retry_first);
        section.read("retry_factor", destination.retry_factor);
        section.read("retry_maximum", destination.retry_maximum);
        section.read("lifetime", destination.lifetime);
        section.read("warn_after", destination.warn_after);
        section.read("recipients", destination.recipients);
        destination.login = read_login(section.section("login"));
        check_destination(section, destination, config);
        config.destinations.push_back(std::move(destination));
    }
}

void read_backup_mx(const Section& root, Config& config)
{
    auto& backup = config.backup_mx;
    const auto section = root.section("backup_mx");
    section.read("domains", backup.domains);
    section.read_choice("verify", backup.verify);
    section.read("recipients", backup.recipients);
    section.read("lifetime", backup.lifetime);
    section.read("retry_maximum", backup.retry_maximum);
    const bool list = backup.verify == BackupMx::Verify::list;
    if (list && !section.says("recipients"))
        section.problem("verify", "needs recipients", "recipients = [\"/…\"], the files to go by");
    if (!list && !backup.recipients.empty())
        section.problem("recipients", "are gone by with verify = \"list\" only",
                        "verify = \"list\", or no such key here");
    if (section.find("retry_maximum"))
        check_waits(section, config.queue.retry_first, backup.retry_maximum);
    for (const auto& domain : backup.domains)
        if (domain == config.hostname || config.domains.contains(domain))
            section.problem("domains", fmt::format("{} is ours", domain.text()),
                            "domains that are not under [domains]");
}

} // namespace posthouse::config
