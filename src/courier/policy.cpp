// SPDX-License-Identifier: Apache-2.0
#include "courier/policy.hpp"

#include "config/destinations.hpp"
#include "courier/login.hpp"
#include "dns/idna.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace posthouse::courier {
namespace {

constexpr std::uint16_t lmtp_port = 24;

smtp::ClientTlsPolicy tls_policy(config::OutboundTls tls)
{
    switch (tls) {
    case config::OutboundTls::opportunistic:
        return smtp::ClientTlsPolicy::opportunistic;
    case config::OutboundTls::required:
    case config::OutboundTls::verified:
    case config::OutboundTls::fingerprint:
        return smtp::ClientTlsPolicy::required;
    case config::OutboundTls::off:
        return smtp::ClientTlsPolicy::never;
    }
    return smtp::ClientTlsPolicy::required;
}

std::optional<boost::asio::ip::address> address(const std::optional<std::string>& text)
{
    if (!text)
        return std::nullopt;
    boost::system::error_code error;
    const auto parsed = boost::asio::ip::make_address(*text, error);
    return error ? std::nullopt : std::optional(parsed);
}

bool is_smart_host(const config::Outbound& outbound, std::string_view hop)
{
    return std::ranges::any_of(outbound.smart_host,
                               [&](const auto& each) { return each.text() == hop; });
}

} // namespace

Policy::Policy(const config::Config& config, Means means, Secrets secrets)
    : reuse(config.queue.connection_reuse),
      config_(config),
      hostname_(dns::to_ascii(config.hostname.text()).value_or(config.hostname.text())),
      means_(std::move(means)),
      secrets_(std::move(secrets))
{
    if (config.outbound.fallback_relay)
        fallback_ = Hop{Hop::Kind::next_hop, config.outbound.fallback_relay->text()};
}

Terms Policy::terms_for(const Hop& hop, smtp::ClientProtocol protocol) const
{
    const bool is_socket = hop.kind == Hop::Kind::socket;
    const bool is_lmtp = protocol == smtp::ClientProtocol::lmtp;
    const auto said = config::terms_for(config_, hop.name);
    const auto* destination = config::destination_for(config_, hop.name);
    auto login = said.login;
    if (!login && hop.kind == Hop::Kind::next_hop && is_smart_host(config_.outbound, hop.name))
        login = config_.outbound.smart_host_login;

    smtp::ClientConfig client;
    client.hostname = hostname_;
    client.protocol = protocol;
    // What a Unix socket's other end is, the file system says.
    client.tls = is_socket ? smtp::ClientTlsPolicy::never : tls_policy(said.tls);
    client.limits.recipients = said.recipients;
    const bool verified = said.tls == config::OutboundTls::verified;
    if (verified || said.tls == config::OutboundTls::fingerprint)
        client.trust = smtp::ClientTrust::verified;

    Terms terms;
    if (login) {
        const auto secret = secrets_.find(login->password_file);
        client.login =
            sasl_client(login->user, secret != secrets_.end() ? secret->second : Secret());
        terms.login = login->user;
    }
    terms.normal = std::make_shared<const smtp::ClientConfig>(client);
    if (client.tls == smtp::ClientTlsPolicy::opportunistic)
        client.tls = smtp::ClientTlsPolicy::never;
    terms.in_clear = std::make_shared<const smtp::ClientConfig>(client);
    terms.tls = verified ? means_.verified : means_.tls;
    if (said.tls == config::OutboundTls::fingerprint)
        terms.fingerprints = said.fingerprints;
    terms.port = said.port;
    if (is_lmtp && !(destination != nullptr && destination->port))
        terms.port = lmtp_port;
    terms.source_v4 = address(said.source_ipv4);
    terms.source_v6 = address(said.source_ipv6);
    terms.name = fmt::format("{}/{}/{}", is_lmtp ? "lmtp" : "smtp",
                             destination != nullptr ? destination->match : "", terms.login);
    return terms;
}

Reach reach_of(const config::Config& config)
{
    Reach reach{{25, lmtp_port, 465, 587, config.outbound.port}, false};
    for (const auto& hop : config.outbound.smart_host)
        if (hop.port != 0) // 0: outbound.port
            reach.ports.push_back(hop.port);
    if (config.outbound.fallback_relay && config.outbound.fallback_relay->port != 0)
        reach.ports.push_back(config.outbound.fallback_relay->port);
    for (const auto& destination : config.destinations)
        if (destination.port)
            reach.ports.push_back(*destination.port);
    std::ranges::sort(reach.ports);
    reach.ports.erase(std::ranges::unique(reach.ports).begin(), reach.ports.end());
    reach.tables = !config.tables.mailertable.empty() || !config.tables.sender_relays.empty();
    return reach;
}

} // namespace posthouse::courier
