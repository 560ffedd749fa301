// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "config/keys.hpp"
#include "config/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace posthouse::config {

namespace {

std::string quoted_choices(std::string_view choices)
{
    std::string text;
    while (!choices.empty()) {
        const auto end = choices.find(' ');
        const auto rest = end == choices.npos ? std::string_view() : choices.substr(end + 1);
        if (!text.empty())
            text += rest.empty() ? " or " : ", ";
        text += fmt::format("\"{}\"", choices.substr(0, end));
        choices = rest;
    }
    return text;
}

std::string bound(const Key& key, std::int64_t value)
{
    switch (key.type) {
    case Type::size:
        return size_text(static_cast<std::uint64_t>(value));
    case Type::duration:
        return value == 0 ? "0s" : span_text(Span(value));
    case Type::factor:
        return fmt::format("{}", static_cast<double>(value) / 1000.0);
    default:
        return fmt::format("{}", value);
    }
}

std::string range(const Key& key)
{
    return fmt::format("{} to {}", bound(key, key.minimum), bound(key, key.maximum));
}

std::string_view type_name(Type type)
{
    switch (type) {
    case Type::text:
        return "text";
    case Type::domain:
        return "domain name";
    case Type::mailbox:
        return "address";
    case Type::path:
        return "absolute path";
    case Type::user:
        return "user name";
    case Type::ip_address:
        return "IP address";
    case Type::endpoint:
        return "IP address and port";
    case Type::endpoints:
        return "list of IP addresses";
    case Type::networks:
        return "list of networks";
    case Type::domains:
        return "list of domain names";
    case Type::smart_host:
        return "host";
    case Type::choice:
        return "choice";
    case Type::boolean:
        return "true or false";
    case Type::integer:
        return "number";
    case Type::factor:
        return "factor";
    case Type::size:
        return "size";
    case Type::duration:
        return "duration";
    }
    return "";
}

std::string type_cell(const Key& key)
{
    if (key.type == Type::choice)
        return quoted_choices(key.choices);
    if (key.maximum != 0)
        return fmt::format("{}, {}", type_name(key.type), range(key));
    return std::string(type_name(key.type));
}

/// "[limits]" for "limits.hops", "[[listen]]" for "listen[].tls", "" for "hostname".
std::string table_heading(std::string_view path)
{
    const auto dot = path.rfind('.');
    if (dot == path.npos)
        return {};
    const auto table = path.substr(0, dot);
    if (table.ends_with("[]"))
        return fmt::format("[[{}]]", table.substr(0, table.size() - 2));
    if (table.ends_with(".*"))
        return fmt::format("[{}.\"example.org\"]", table.substr(0, table.size() - 2));
    return fmt::format("[{}]", table);
}

/// Levenshtein's distance, with ASCII letters' case ignored.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0u);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto change = diagonal + (to_lower(a[i - 1]) == to_lower(b[j - 1]) ? 0u : 1u);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
        }
    }
    return row.back();
}

} // namespace

std::string expectation(const Key& key)
{
    switch (key.type) {
    case Type::text:
        return "text in quotation marks";
    case Type::domain:
        return "a domain name such as \"mx.example.org\"";
    case Type::mailbox:
        return "an address such as \"postmaster@example.org\"";
    case Type::path:
        return "an absolute path such as \"/var/lib/posthouse\"";
    case Type::user:
        return "the name of a user, such as \"posthouse\"";
    case Type::ip_address:
        return key.path.ends_with("ipv6") ? "an IPv6 address such as \"2001:db8::1\""
                                          : "an IPv4 address such as \"192.0.2.1\"";
    case Type::endpoint:
        return "an IP address and a port, such as \"0.0.0.0:25\" or \"[::]:25\"";
    case Type::endpoints:
        return "a list of IP addresses, such as [\"127.0.0.1:53\", \"[::1]:53\"]";
    case Type::networks:
        return "a list of networks, such as [\"127.0.0.0/8\", \"2001:db8::/32\"]";
    case Type::domains:
        return "a list of domain names, such as [\"example.org\"]";
    case Type::smart_host:
        return "a host such as \"relay.example.org:587\" or \"[192.0.2.1]:25\"";
    case Type::choice:
        return quoted_choices(key.choices);
    case Type::boolean:
        return "true or false, without quotation marks";
    case Type::integer:
        return fmt::format("a whole number from {}", range(key));
    case Type::factor:
        return fmt::format("a number from {}, such as 2.0", range(key));
    case Type::size:
        return fmt::format("a size from {}, such as 65536 or \"32MiB\"", range(key));
    case Type::duration:
        return fmt::format("a duration from {}, such as \"30s\", \"5m\", \"4h\" or \"5d\"",
                           range(key));
    }
    return {};
}

std::string markdown_tables()
{
    std::string text, heading = "-";
    for (const auto& key : keys()) {
        if (auto next = table_heading(key.path); next != heading) {
            heading = std::move(next);
            text += heading.empty() ? "### At the top\n" : fmt::format("\n### `{}`\n", heading);
            text += "\n| key | value | default | meaning |\n|---|---|---|---|\n";
        }
        text += fmt::format("| `{}` | {} | {} | {} |\n",
                            key.path.substr(key.path.rfind('.') + 1), // npos + 1 is 0.
                            type_cell(key),
                            key.by_default.empty() ? "" : fmt::format("`{}`", key.by_default),
                            key.meaning);
    }
    return text;
}

std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates)
{
    if (name.size() > 64)
        return {};
    std::string_view best;
    auto least = std::max<std::size_t>(2, name.size() / 3) + 1;
    for (const auto candidate : candidates) {
        if (const auto d = distance(name, candidate); d < least) {
            least = d;
            best = candidate;
        }
    }
    return best;
}

} // namespace posthouse::config
