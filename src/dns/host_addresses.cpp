// SPDX-License-Identifier: Apache-2.0
#include "dns/host_addresses.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <fmt/ranges.h>

namespace posthouse::dns {
namespace {

std::vector<IpAddress> in_order(std::vector<IpAddress> addresses, Random& random)
{
    std::erase_if(addresses, [](const auto& address) { return !address.is_host(); });
    std::ranges::sort(addresses);
    const auto doubled = std::ranges::unique(addresses);
    addresses.erase(doubled.begin(), doubled.end());
    const auto v4_end = std::ranges::find(addresses, IpAddress::Family::v6, &IpAddress::family);
    std::shuffle(addresses.begin(), v4_end, Dice{random});
    std::shuffle(v4_end, addresses.end(), Dice{random});

    std::vector<IpAddress> ordered;
    for (auto v4 = addresses.begin(), v6 = v4_end; v4 != v4_end || v6 != addresses.end();) {
        if (v6 != addresses.end())
            ordered.push_back(*v6++);
        if (v4 != v4_end)
            ordered.push_back(*v4++);
    }
    if (ordered.size() > HostAddresses::most)
        ordered.erase(ordered.begin() + HostAddresses::most, ordered.end());
    return ordered;
}

std::string listing(const std::vector<IpAddress>& addresses)
{
    std::vector<std::string> shown;
    for (const auto& address : addresses)
        shown.push_back(address.text());
    return fmt::format("{}", fmt::join(shown, " "));
}

} // namespace

Task<HostAddresses> find_addresses(Lookup& lookup, std::string name, Random& random)
{
    HostAddresses found;
    for (const auto type : {RecordType::a, RecordType::aaaa}) {
        const auto answer = co_await lookup.lookup(name, type);
        if (is_temporary(answer.status)) {
            found.steps.push_back(
                fmt::format("{} {}: {}", name, describe(type), describe(answer.status)));
            ++found.failed_lookups;
            continue;
        }
        found.exists = found.exists || answer.status != Status::nx_domain;
        found.secure = found.secure && answer.secure;
        if (answer.status == Status::ok)
            found.canonical_name = lowercase(answer.canonical_name);
        for (const auto& address : records_of<IpAddress>(answer))
            found.all.push_back(address);
        if (answer.status == Status::nx_domain)
            break; // A name that does not exist has no record of any type.
    }
    found.usable = in_order(found.all, random);
    if (!found.usable.empty())
        found.steps.push_back(fmt::format("{}: {}", name, listing(found.usable)));
    else if (found.failed_lookups == 0)
        found.steps.push_back(
            fmt::format("{}: {}", name, found.exists ? "no address" : "no such name"));
    co_return found;
}

} // namespace posthouse::dns
