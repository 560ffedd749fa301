// SPDX-License-Identifier: Apache-2.0
#include "courier/policy.hpp"

#include "dns/idna.hpp"

#include <algorithm>

namespace posthouse::courier {
namespace {

smtp::ClientTlsPolicy tls_policy(config::OutboundTls tls)
{
    switch (tls) {
    case config::OutboundTls::opportunistic:
        return smtp::ClientTlsPolicy::opportunistic;
    case config::OutboundTls::required:
    case config::OutboundTls::verified: // Until certificates are looked at.
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

} // namespace

std::shared_ptr<const Policy> policy_of(const config::Config& config,
                                        std::shared_ptr<net::TlsContext> tls)
{
    smtp::ClientConfig client;
    client.hostname = dns::to_ascii(config.hostname.text()).value_or(config.hostname.text());
    client.tls = tls_policy(config.outbound.tls);

    auto policy = std::make_shared<Policy>();
    policy->normal = std::make_shared<const smtp::ClientConfig>(client);
    if (client.tls == smtp::ClientTlsPolicy::opportunistic)
        client.tls = smtp::ClientTlsPolicy::never;
    policy->in_clear = std::make_shared<const smtp::ClientConfig>(client);
    policy->tls = std::move(tls);
    policy->port = config.outbound.port;
    policy->source_v4 = address(config.outbound.source_ipv4);
    policy->source_v6 = address(config.outbound.source_ipv6);
    policy->reuse = config.queue.connection_reuse;
    return policy;
}

std::vector<std::uint16_t> ports_of(const config::Config& config)
{
    std::vector<std::uint16_t> ports{25, config.outbound.port};
    for (const auto& hop : config.outbound.smart_host)
        if (hop.port != 0) // 0: outbound.port
            ports.push_back(hop.port);
    std::ranges::sort(ports);
    ports.erase(std::ranges::unique(ports).begin(), ports.end());
    return ports;
}

} // namespace posthouse::courier
