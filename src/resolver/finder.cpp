// SPDX-License-Identifier: Apache-2.0
#include "resolver/finder.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::resolver {
namespace {

/// Else its port is the one that is configured for all.
bool names_its_port(std::string_view hop)
{
    const auto place = hop.find(']');
    return hop.find(':', place == hop.npos ? 0 : place) != hop.npos;
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

Finder::Finder(dns::Self self, std::shared_ptr<dns::Lookup> lookup)
    : self_(std::move(self)),
      lookup_(std::move(lookup))
{
}

Task<wire::Targets> Finder::find(std::shared_ptr<const Finder> self, wire::FindTargets question,
                                 Random& random)
{
    const bool of_hop = !question.next_hop().empty();
    std::expected<dns::Targets, dns::Failure> found = std::unexpected(dns::Failure{});
    if (of_hop) {
        const auto hop = dns::NextHop::parse(question.next_hop());
        if (!hop) // The administrator's, who can mend it: the mail waits.
            co_return failure(false, "4.3.5",
                              "the next hop " + printable(question.next_hop()) +
                                  " makes no sense: " + hop.error());
        found = co_await dns::find_next_hop(*self->lookup_, *hop, self->self_, random);
    } else {
        const auto name = mail::Domain::parse(question.domain());
        if (!name)
            co_return failure(true, "5.1.2",
                              "the domain's name makes no sense: " + name.error().what);
        found = co_await dns::find_targets(*self->lookup_, *name, self->self_, random);
    }
    const bool has_port = of_hop && names_its_port(question.next_hop());
    auto answer = found ? to_wire(*found, has_port ? found->port : std::uint16_t{0})
                        : failure(found.error().kind == dns::Failure::Kind::permanent,
                                  found.error().status, found.error().text);
    for (const auto& step : found ? found->steps : found.error().steps)
        answer.add_steps(step);
    co_return answer;
}

} // namespace posthouse::resolver
