// SPDX-License-Identifier: Apache-2.0
#include "tables/builder.hpp"

#include "base/text.hpp"
#include "tables/lines.hpp"
#include "tables/values.hpp"

#include <fmt/format.h>

#include <utility>

namespace posthouse::tables {
namespace {

struct Route {
    Mailer kind;
    std::vector<std::string> texts;
};
using ReadRoute = std::expected<Route, std::string>;

std::unexpected<std::string> wrong(std::string what)
{
    return std::unexpected(std::move(what));
}

/// "domain", ".domain" or ".".
Read read_key(std::string_view key)
{
    if (key == ".")
        return ".";
    const bool below = key.starts_with('.');
    const auto domain = read_domain(key.substr(below ? 1 : 0));
    return domain && below ? Read("." + *domain) : domain;
}

ReadRoute read_hops(Mailer kind, std::string_view host)
{
    if (host.contains('%'))
        return wrong("% in a host is not replaced by anything here; one line for each domain would "
                     "be right");
    auto hops = read_next_hops(host);
    if (!hops)
        return wrong(std::move(hops).error());
    return Route{kind, *std::move(hops)};
}

ReadRoute read_local(std::string_view user)
{
    if (user.empty())
        return Route{Mailer::local, {""}};
    auto name = read_local_name(user);
    if (!name)
        return wrong(std::move(name).error());
    return Route{Mailer::local, {*std::move(name)}};
}

ReadRoute read_lmtp(std::string_view place)
{
    constexpr std::string_view tag = "unix:";
    if (starts_with_ignoring_case(place, tag)) {
        const auto path = place.substr(tag.size());
        if (!path.starts_with('/') || path.ends_with('/'))
            return wrong("the path of the socket is not absolute; lmtp:unix:/run/lmtp would be "
                         "right");
        return Route{Mailer::lmtp, {"unix:" + std::string(path)}};
    }
    const auto hop = read_next_hop(place);
    if (!hop)
        return wrong(hop.error());
    // LMTP is never at the MX hosts of a domain.
    const auto colon = hop->starts_with('[') ? hop->find(':', hop->find(']')) : hop->find(':');
    if (colon == hop->npos)
        return wrong("the port is missing; lmtp:[host]:24 would be right");
    return Route{Mailer::lmtp,
                 {hop->starts_with('[')
                      ? *hop
                      : fmt::format("[{}]{}", hop->substr(0, colon), hop->substr(colon))}};
}

ReadRoute read_route(std::string_view value)
{
    const auto colon = value.find(':');
    if (colon == value.npos)
        return wrong(fmt::format("'{0}' has no mailer before a colon; esmtp:{0} would be right",
                                 printable(value, 100)));
    const auto mailer = lowercase(trimmed(value.substr(0, colon)));
    const auto host = trimmed(value.substr(colon + 1));
    if (mailer == "esmtp" || mailer == "smtp" || mailer == "smtp8" || mailer == "dsmtp")
        return read_hops(Mailer::esmtp, host);
    if (mailer == "relay")
        return read_hops(Mailer::relay, host);
    if (mailer == "local")
        return read_local(host);
    if (mailer == "lmtp")
        return read_lmtp(host);
    if (mailer == "discard")
        return Route{Mailer::discard, {""}};
    if (mailer == "error") {
        auto refusal = read_refusal(host, "5.1.2");
        if (!refusal)
            return wrong(std::move(refusal).error());
        return Route{Mailer::error, {*std::move(refusal)}};
    }
    return wrong(fmt::format("unknown mailer '{}': esmtp, smtp, relay, local, lmtp, error or "
                             "discard would be right",
                             printable(mailer, 100)));
}

} // namespace

void read_mailers(std::string_view text, Builder& builder)
{
    LineReader lines(text, Layout::keyed, builder.report);
    while (const auto line = lines.next()) {
        const auto [domain, value] = split_line(line->text);
        const auto key = read_key(domain);
        const auto route = key ? read_route(value) : wrong(key.error());
        if (!route) {
            builder.report.skipped(line->number, route.error());
            continue;
        }
        std::vector<NewItem> items;
        for (const auto& one : route->texts)
            items.push_back({std::to_underlying(route->kind), one});
        builder.add(*key, {builder.file, line->number}, items);
    }
}

} // namespace posthouse::tables
