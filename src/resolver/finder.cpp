// SPDX-License-Identifier: Apache-2.0
#include "resolver/finder.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::resolver {
namespace {

dns::NextHop next_hop_of(const config::NextHop& smart)
{
    dns::NextHop hop;
    hop.name = smart.name;
    hop.port = smart.port;
    switch (smart.kind) {
    case config::NextHop::Kind::domain:
        hop.kind = dns::NextHop::Kind::domain;
        break;
    case config::NextHop::Kind::host:
        hop.kind = dns::NextHop::Kind::host;
        break;
    case config::NextHop::Kind::address:
        hop.kind = dns::NextHop::Kind::address;
        hop.address = dns::IpAddress::parse(smart.name);
        break;
    }
    return hop;
}

wire::Targets failure(bool permanent, std::string status, std::string text)
{
    wire::Targets answer;
    answer.set_failed(true);
    answer.set_permanent(permanent);
    answer.set_status(std::move(status));
    answer.set_text(std::move(text));
    return answer;
}

/// `port`: 0 for the one that is configured for all.
wire::Targets to_wire(const dns::Targets& found, std::uint16_t port)
{
    wire::Targets answer;
    for (const auto& host : found.hosts) {
        auto* target = answer.add_targets();
        target->set_host(host.name);
        target->set_preference(host.preference);
        target->set_port(port);
        for (const auto& address : host.addresses)
            target->add_addresses(address.text());
    }
    answer.set_site(found.site);
    return answer;
}

} // namespace

dns::Self self_of(const config::Config& config, std::span<const dns::IpAddress> interfaces)
{
    dns::Self self;
    self.names = {config.hostname.text()};
    bool all_on_loopback = !config.listen.empty();
    for (const auto& listener : config.listen) {
        const auto address = dns::IpAddress::parse(listener.address.address);
        if (!address)
            continue;
        all_on_loopback = all_on_loopback && address->is_loopback();
        if (listener.protocol != config::Protocol::smtp)
            continue;
        if (address->is_host())
            self.addresses.push_back(*address);
        else if (listener.address.port == config.outbound.port)
            self.addresses.insert(self.addresses.end(), interfaces.begin(), interfaces.end());
    }
    self.loopback = !all_on_loopback && config.outbound.port == 25;
    return self;
}

Finder::Finder(dns::Self self, std::optional<config::NextHop> smart_host,
               std::shared_ptr<dns::Lookup> lookup)
    : self_(std::move(self)),
      lookup_(std::move(lookup))
{
    if (smart_host)
        smart_host_ = next_hop_of(*smart_host);
}

Task<wire::Targets> Finder::find(std::shared_ptr<const Finder> self, std::string domain,
                                 Random& random)
{
    std::expected<dns::Targets, dns::Failure> found = std::unexpected(dns::Failure{});
    if (self->smart_host_) {
        found =
            co_await dns::find_next_hop(*self->lookup_, *self->smart_host_, self->self_, random);
    } else {
        const auto name = mail::Domain::parse(domain);
        if (!name)
            co_return failure(true, "5.1.2",
                              "the domain's name makes no sense: " + name.error().what);
        found = co_await dns::find_targets(*self->lookup_, *name, self->self_, random);
    }
    auto answer = found ? to_wire(*found, self->smart_host_ ? found->port : std::uint16_t{0})
                        : failure(found.error().kind == dns::Failure::Kind::permanent,
                                  found.error().status, found.error().text);
    for (const auto& step : found ? found->steps : found.error().steps)
        answer.add_steps(step);
    if (self->smart_host_)
        answer.set_smart_host(self->smart_host_->text());
    co_return answer;
}

} // namespace posthouse::resolver
