// SPDX-License-Identifier: Apache-2.0
#include "base/contract.hpp"
#include "base/text.hpp"
#include "config/keys.hpp"
#include "config/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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

/// How a type is named in tables and asked for in problems.
struct Words {
    Type type;
    std::string_view name;
    std::string_view wanted;  // Before the range, where there is one,
    std::string_view example; // and what is behind it.
};

constexpr std::array words{
    Words{Type::text, "text", "text in quotation marks", ""},
    Words{Type::domain, "domain name", "a domain name", " such as \"mx.example.org\""},
    Words{Type::mailbox, "address", "an address", " such as \"postmaster@example.org\""},
    Words{Type::path, "absolute path", "an absolute path", " such as \"/var/lib/posthouse\""},
    Words{Type::optional_path, "absolute path or \"\"", "an absolute path",
          " such as \"/run/posthouse/submit\", or \"\""},
    Words{Type::relative_path, "path in the home", "a path without a leading / and without ..",
          ", such as \"Maildir\""},
    Words{Type::command, "absolute path and arguments", "an absolute path and arguments",
          ", such as \"/usr/bin/procmail -d %u\""},
    Words{Type::user, "user name", "the name of a user or group", ", such as \"posthouse\""},
    Words{Type::name, "name", "a name of letters, digits, -, _ and .", ", such as \"filter-1\""},
    Words{Type::mode, "octal digits", "three or four octal digits in quotation marks",
          ", such as \"0660\""},
    Words{Type::separator, "characters or \"\"", "characters that are no letters or digits",
          ", such as \"+\" or \"+-\", or \"\""},
    Words{Type::ip_address, "IP address", "an IP address", ""},
    Words{Type::listen_address, "IP address and port, or socket", "an IP address and a port",
          ", such as \"0.0.0.0:25\" or \"[::]:25\", or a socket such as "
          "\"unix:/run/posthouse/lmtp\""},
    Words{Type::milter_address, "address of a filter", "\"inet:\" with an IP address and a port",
          ", such as \"inet:127.0.0.1:8891\", or a socket such as \"unix:/run/filter/socket\""},
    Words{Type::next_hop, "host", "a host",
          " such as \"relay.example.org:587\" or \"[192.0.2.1]:25\""},
    Words{Type::destination, "destination", "a domain or host",
          " such as \"example.org\", \".example.org\" or \"[192.0.2.1]\", or \"*\""},
    Words{Type::endpoints, "list of IP addresses", "a list of IP addresses",
          ", such as [\"127.0.0.1:53\", \"[::1]:53\"]"},
    Words{Type::networks, "list of networks", "a list of networks",
          ", such as [\"127.0.0.0/8\", \"2001:db8::/32\"]"},
    Words{Type::domains, "list of domain names", "a list of domain names",
          ", such as [\"example.org\"]"},
    Words{Type::mailboxes, "list of addresses", "a list of addresses",
          ", such as [\"archive@example.org\"]"},
    Words{Type::paths, "list of absolute paths", "a list of absolute paths",
          ", such as [\"/etc/aliases\"]"},
    Words{Type::users, "list of user names", "a list of names of users",
          ", such as [\"root\", \"www-data\"]"},
    Words{Type::texts, "list of texts", "a list of texts", ", such as [\"one\", \"two\"]"},
    Words{Type::addressees, "list of local parts or addresses",
          "a list of local parts or addresses", ", such as [\"list\", \"news@example.org\"]"},
    Words{Type::next_hops, "list of hosts", "a list of hosts",
          ", such as [\"relay.example.org:587\", \"[192.0.2.1]:25\"]"},
    Words{Type::fingerprints, "list of fingerprints", "a list of texts of 64 hexadecimal digits",
          ", as `openssl x509 -fingerprint -sha256` shows them"},
    Words{Type::certificate_names, "list of host names", "a list of host names",
          ", such as [\"mail.example.org\", \"*.example.net\"]"},
    Words{Type::choice, "choice", "", ""},
    Words{Type::boolean, "true or false", "true or false", ", without quotation marks"},
    Words{Type::integer, "number", "a whole number", ""},
    Words{Type::factor, "factor", "a number", ", such as 2.0"},
    Words{Type::size, "size", "a size", ", such as 65536 or \"32MiB\""},
    Words{Type::duration, "duration", "a duration", ", such as \"30s\", \"5m\", \"4h\" or \"5d\""},
};

const Words& words_of(Type type)
{
    const auto found = std::ranges::find(words, type, &Words::type);
    expects(found != words.end());
    return *found;
}

std::string type_cell(const Key& key)
{
    if (key.type == Type::choice)
        return quoted_choices(key.choices);
    if (key.maximum != 0)
        return fmt::format("{}, {}", words_of(key.type).name, range(key));
    return std::string(words_of(key.type).name);
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
    if (const auto array = table.find("[]."); array != table.npos) // Of the last one of the array.
        return fmt::format("[{}{}]", table.substr(0, array), table.substr(array + 2));
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
    if (key.type == Type::choice)
        return quoted_choices(key.choices);
    if (key.type == Type::ip_address)
        return key.path.ends_with("ipv6") ? "an IPv6 address such as \"2001:db8::1\""
                                          : "an IPv4 address such as \"192.0.2.1\"";
    const auto& say = words_of(key.type);
    const auto limits = key.maximum != 0 ? fmt::format(" from {}", range(key)) : std::string();
    return fmt::format("{}{}{}", say.wanted, limits, say.example);
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
