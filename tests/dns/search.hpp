// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dns/targets.hpp"
#include "tests/dns/fake_lookup.hpp"

#include <gtest/gtest.h>

/// Short forms for the tests of the choice of hosts.
namespace posthouse::dns {

using Found = std::expected<Targets, Failure>;

inline const Self self{.names = {"mx.here.test", "here.test"}, .addresses = {ip("192.0.2.99")}};

/// By mx.here.test, 192.0.2.99.
inline Found find(Lookup& lookup, std::string_view domain, std::uint64_t seed = 1)
{
    SeededRandom random(seed);
    const auto parsed = mail::Domain::parse(domain);
    EXPECT_TRUE(parsed) << domain;
    return finish(find_targets(lookup, *parsed, self, random));
}

inline Found find_hop(Lookup& lookup, std::string_view text)
{
    SeededRandom random(1);
    const auto hop = NextHop::parse(text);
    EXPECT_TRUE(hop) << text;
    return finish(find_next_hop(lookup, *hop, self, random));
}

inline std::vector<std::string> names(const Found& found)
{
    std::vector<std::string> names;
    if (found)
        for (const auto& host : found->hosts)
            names.push_back(host.name);
    return names;
}

inline std::string addresses(const Host& host)
{
    std::string all;
    for (const auto& address : host.addresses)
        all += (all.empty() ? "" : " ") + address.text();
    return all;
}

/// "permanent 556 5.1.10", or "found".
inline std::string verdict(const Found& found)
{
    if (found)
        return "found";
    const bool permanent = found.error().kind == Failure::Kind::permanent;
    return (permanent ? "permanent " : "temporary ") + std::to_string(found.error().code) + " " +
           found.error().status;
}

using Strings = std::vector<std::string>;

} // namespace posthouse::dns
