// SPDX-License-Identifier: Apache-2.0
#include "courier/route.hpp"

#include "courier/policy.hpp"

#include <algorithm>

namespace posthouse::courier {
namespace {

bool take_prefix(std::string_view& text, std::string_view prefix)
{
    if (!text.starts_with(prefix))
        return false;
    text.remove_prefix(prefix.size());
    return true;
}

std::optional<Route> by_hops(std::string_view text)
{
    Route route;
    for (;;) {
        const auto end = text.find('|');
        route.hops.push_back({Hop::Kind::next_hop, std::string(text.substr(0, end))});
        if (end == text.npos)
            break;
        text.remove_prefix(end + 1);
    }
    const bool named = std::ranges::none_of(route.hops, &std::string::empty, &Hop::name);
    return named && route.hops.size() <= Limits::hops ? std::optional(std::move(route))
                                                      : std::nullopt;
}

} // namespace

std::string Hop::text() const
{
    switch (kind) {
    case Kind::domain:
        return "smtp:" + name;
    case Kind::next_hop:
        return "via:" + name;
    case Kind::socket:
        return "unix:" + name;
    }
    return name;
}

std::optional<Route> parse_destination(std::string_view text)
{
    if (take_prefix(text, "smtp:") && !text.empty())
        return Route{.hops = {{Hop::Kind::domain, std::string(text)}}};
    if (take_prefix(text, "via:"))
        return by_hops(text);
    if (!take_prefix(text, "lmtp:") || text.empty())
        return std::nullopt;
    Route route{.protocol = smtp::ClientProtocol::lmtp, .hops = {}};
    if (take_prefix(text, "unix:"))
        route.hops.push_back({Hop::Kind::socket, std::string(text)});
    else
        route.hops.push_back({Hop::Kind::next_hop, std::string(text)});
    const bool absolute = route.hops[0].kind != Hop::Kind::socket || text.starts_with('/');
    return absolute ? std::optional(std::move(route)) : std::nullopt;
}

} // namespace posthouse::courier
