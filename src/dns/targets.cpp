// SPDX-License-Identifier: Apache-2.0
#include "dns/targets.hpp"

#include "base/text.hpp"
#include "dns/host_addresses.hpp"
#include "dns/idna.hpp"
#include "dns/rdata.hpp"
#include "dns/site.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ranges>

namespace posthouse::dns {
namespace {

using Found = std::expected<Targets, Failure>;
using Hosts = std::vector<MailExchange>;

constexpr std::size_t listed_in_a_step = 10;

Failure permanent(std::uint16_t code, std::string_view status, std::string text)
{
    return {Failure::Kind::permanent, code, std::string(status), printable(text), {}};
}

Failure temporary(std::string text)
{
    return {Failure::Kind::temporary, 451, "4.4.3", printable(text), {}};
}

/// One search for the hosts of one place. What it refers to outlives it.
class Search {
public:
    Search(Lookup& lookup, const Self& self, Random& random)
        : lookup_(lookup),
          self_(self),
          random_(random)
    {
    }

    Task<Found> by_domain(std::string name);
    Task<Found> by_host(std::string name);
    Found by_address(const IpAddress&);

    bool is_self(const IpAddress& address) const
    {
        return (self_.loopback && address.is_loopback()) ||
               std::ranges::find(self_.addresses, address) != self_.addresses.end();
    }

private:
    Task<Found> by_exchanges(Hosts);
    Task<Found> by_implicit_exchange(std::string name);
    Task<HostAddresses> addresses_of(std::string name);

    bool is_self(std::string_view name) const;
    bool is_self(const HostAddresses&) const;
    Hosts preferred_to_self(Hosts);
    void add_host(std::string name, std::uint16_t preference, const HostAddresses&);
    bool had_enough() const;

    template <class... Parts>
    void note(fmt::format_string<Parts...> format, Parts&&... parts)
    {
        targets_.steps.push_back(fmt::format(format, std::forward<Parts>(parts)...));
    }
    Found fail(Failure failure)
    {
        failure.steps = std::move(targets_.steps);
        return std::unexpected(std::move(failure));
    }
    Found loops_back()
    {
        return fail(permanent(554, "5.4.6", "Mail for " + subject_ + " loops back to this host"));
    }
    Found unreachable()
    {
        if (failed_lookups_ > 0)
            return fail(temporary("The addresses of the mail hosts of " + subject_ +
                                  " could not be looked up"));
        return fail(permanent(550, "5.4.4", "No mail host of " + subject_ + " has an address"));
    }

    Lookup& lookup_;
    const Self& self_;
    Random& random_;
    std::string subject_; // whose hosts are searched
    Targets targets_;
    std::size_t addresses_ = 0;
    std::size_t failed_lookups_ = 0;
};

/// By preference, then name; each host once, where it is preferred most.
void arrange(Hosts& hosts)
{
    std::ranges::sort(hosts, {},
                      [](const auto& mx) { return std::tie(mx.exchange, mx.preference); });
    const auto doubled = std::ranges::unique(hosts, {}, &MailExchange::exchange);
    hosts.erase(doubled.begin(), doubled.end());
    std::ranges::sort(hosts);
}

std::string listing(const Hosts& hosts)
{
    std::vector<std::string> shown;
    for (const auto& mx : hosts | std::views::take(listed_in_a_step))
        shown.push_back(fmt::format("{} {}", mx.preference, mx.exchange.text));
    auto text = fmt::format("{}", fmt::join(shown, ", "));
    if (hosts.size() > shown.size())
        text += fmt::format(" and {} more", hosts.size() - shown.size());
    return text;
}

bool Search::is_self(std::string_view name) const
{
    if (name.ends_with('.'))
        name.remove_suffix(1);
    return std::ranges::any_of(self_.names, [name](std::string_view own) {
        if (own.ends_with('.'))
            own.remove_suffix(1);
        return equal_ignoring_case(own, name);
    });
}

Task<Found> Search::by_domain(std::string name)
{
    subject_ = name;
    const auto answer = co_await lookup_.lookup(name, RecordType::mx);
    if (!answer.canonical_name.empty() && answer.canonical_name != name)
        note("{} is an alias of {}", name, printable(answer.canonical_name));
    if (is_temporary(answer.status)) {
        note("{} MX: {}", name, describe(answer.status));
        co_return fail(temporary(fmt::format("The mail hosts of {} could not be looked up: {}",
                                             name, describe(answer.status))));
    }
    if (answer.status == Status::nx_domain) {
        note("{} MX: {}", name, describe(answer.status));
        co_return fail(permanent(550, "5.1.2", "The domain " + name + " does not exist"));
    }
    targets_.secure = answer.secure;

    auto hosts = records_of<MailExchange>(answer);
    if (hosts.empty() && answer.dropped == 0) {
        note("{} MX: none, so mail goes to the domain's own addresses", name);
        co_return co_await by_implicit_exchange(name);
    }
    arrange(hosts);
    note("{} MX: {}", name, listing(hosts));
    if (hosts.size() == 1 && answer.dropped == 0 && hosts[0].exchange.is_root() &&
        hosts[0].preference == 0)
        co_return fail(permanent(556, "5.1.10", "The domain " + name + " accepts no mail"));
    std::erase_if(hosts, [](const auto& mx) { return mx.exchange.is_root(); });
    if (hosts.empty())
        co_return fail(permanent(550, "5.4.4", "The MX records of " + name + " name no host"));
    if (hosts.size() > TargetLimits::mx_hosts) {
        note("only the first {} are used", TargetLimits::mx_hosts);
        hosts.resize(TargetLimits::mx_hosts);
    }
    co_return co_await by_exchanges(std::move(hosts));
}

/// RFC 5321 §5.1: this host, those of the same preference and all that are less preferred are
/// left out.
Hosts Search::preferred_to_self(Hosts hosts)
{
    const auto self =
        std::ranges::find_if(hosts, [this](const auto& mx) { return is_self(mx.exchange.text); });
    if (self == hosts.end())
        return hosts;
    note("{} is this host: preference {} and above is left out", self->exchange.text,
         self->preference);
    std::erase_if(hosts,
                  [least = self->preference](const auto& mx) { return mx.preference >= least; });
    return hosts;
}

bool Search::had_enough() const
{
    return addresses_ >= TargetLimits::addresses || failed_lookups_ >= TargetLimits::failed_lookups;
}

Task<Found> Search::by_exchanges(Hosts hosts)
{
    hosts = preferred_to_self(std::move(hosts));
    auto kept = hosts.end();
    for (auto group = hosts.begin(); group != kept && !had_enough();) {
        const auto preference = group->preference;
        const auto group_end = std::find_if(
            group, hosts.end(), [=](const auto& mx) { return mx.preference != preference; });
        std::shuffle(group, group_end, Dice{random_});
        const auto hosts_before = targets_.hosts.size();
        for (auto mx = group; mx != group_end && !had_enough(); ++mx) {
            const auto found = co_await addresses_of(mx->exchange.text);
            if (is_self(found)) {
                note("{} is this host: preference {} and above is left out", mx->exchange.text,
                     preference);
                targets_.hosts.resize(hosts_before);
                kept = group;
                break;
            }
            add_host(mx->exchange.text, preference, found);
        }
        if (kept == group)
            break;
        group = group_end;
    }
    hosts.erase(kept, hosts.end());
    if (hosts.empty())
        co_return loops_back();
    if (targets_.hosts.empty())
        co_return unreachable();

    std::vector<std::string> names;
    for (auto& mx : hosts)
        names.push_back(std::move(mx.exchange.text));
    targets_.site = site_key(std::move(names));
    co_return std::move(targets_);
}

Task<Found> Search::by_implicit_exchange(std::string name)
{
    const auto found = co_await addresses_of(name);
    if (is_self(found) || is_self(name)) {
        note("{} is this host", name);
        co_return loops_back();
    }
    add_host(name, 0, found);
    if (targets_.hosts.empty()) {
        if (found.failed_lookups == 0 && !found.exists)
            co_return fail(permanent(550, "5.1.2", "The domain " + name + " does not exist"));
        co_return unreachable();
    }
    targets_.site = site_key({found.canonical_name.empty() ? name : found.canonical_name});
    co_return std::move(targets_);
}

Task<Found> Search::by_host(std::string name)
{
    subject_ = name;
    const auto found = co_await addresses_of(name);
    add_host(name, 0, found);
    if (targets_.hosts.empty())
        co_return unreachable();
    targets_.secure = true; // Configuration says so.
    targets_.site = site_key({name});
    co_return std::move(targets_);
}

Found Search::by_address(const IpAddress& address)
{
    subject_ = "[" + address.text() + "]";
    if (!address.is_host())
        return fail(permanent(550, "5.4.4", subject_ + " is not the address of a host"));
    targets_.hosts.push_back({subject_, 0, {address}, true});
    targets_.secure = true;
    targets_.site = subject_;
    return std::move(targets_);
}

Task<HostAddresses> Search::addresses_of(std::string name)
{
    auto found = co_await find_addresses(lookup_, std::move(name), random_);
    failed_lookups_ += found.failed_lookups;
    std::ranges::move(found.steps, std::back_inserter(targets_.steps));
    co_return found;
}

bool Search::is_self(const HostAddresses& found) const
{
    return (!found.canonical_name.empty() && is_self(found.canonical_name)) ||
           std::ranges::any_of(found.all, [this](const auto& a) { return is_self(a); });
}

void Search::add_host(std::string name, std::uint16_t preference, const HostAddresses& found)
{
    if (found.usable.empty())
        return;
    const auto room = TargetLimits::addresses - std::min(addresses_, TargetLimits::addresses);
    Host host{std::move(name), preference, found.usable, found.secure};
    if (host.addresses.size() > room)
        host.addresses.erase(host.addresses.begin() + static_cast<std::ptrdiff_t>(room),
                             host.addresses.end());
    addresses_ += host.addresses.size();
    targets_.hosts.push_back(std::move(host));
}

std::optional<IpAddress> address_in(std::string_view literal)
{
    literal = literal.substr(1, literal.size() - 2);
    constexpr std::string_view tag = "IPv6:";
    if (starts_with_ignoring_case(literal, tag))
        literal.remove_prefix(tag.size());
    return IpAddress::parse(literal);
}

/// What would refuse mail for good were it the recipient's fault; but a next hop is the
/// administrator's, who can mend it: the mail waits.
Failure softened(Failure failure)
{
    if (failure.kind == Failure::Kind::permanent) {
        failure.kind = Failure::Kind::temporary;
        failure.code = 451;
        failure.status[0] = '4';
    }
    return failure;
}

} // namespace

Task<std::expected<Targets, Failure>> find_targets(Lookup& lookup, const mail::Domain& domain,
                                                   const Self& self, Random& random)
{
    Search search(lookup, self, random);
    if (domain.is_literal()) {
        const auto address = address_in(domain.text());
        if (!address)
            co_return std::unexpected(
                permanent(550, "5.1.2", domain.text() + " is no address that mail can be sent to"));
        if (search.is_self(*address))
            co_return std::unexpected(
                permanent(554, "5.4.6", "Mail for " + domain.text() + " loops back to this host"));
        co_return search.by_address(*address);
    }
    const auto ascii = to_ascii(domain.text());
    const auto name = ascii ? parse_name(*ascii) : std::nullopt;
    if (!name)
        co_return std::unexpected(
            permanent(550, "5.1.2", "The domain " + domain.text() + " cannot exist"));
    co_return co_await search.by_domain(name->text);
}

Task<std::expected<Targets, Failure>> find_next_hop(Lookup& lookup, const NextHop& hop,
                                                    const Self& self, Random& random)
{
    Search search(lookup, self, random);
    auto found = hop.kind == NextHop::Kind::address ? search.by_address(*hop.address)
                 : hop.kind == NextHop::Kind::host  ? co_await search.by_host(hop.name)
                                                    : co_await search.by_domain(hop.name);
    if (!found)
        co_return std::unexpected(softened(std::move(found.error())));
    if (hop.port != 25) {
        found->port = hop.port;
        found->site = site_key({found->site + ":" + std::to_string(hop.port)});
    }
    co_return std::move(*found);
}

} // namespace posthouse::dns
