// SPDX-License-Identifier: Apache-2.0
#include "config/values.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <limits>
#include <sys/un.h>
#include <utility>

namespace posthouse::config {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::array<Unit, 5> span_units{
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 4> size_units{
    {{"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}};

template <std::size_t N>
std::optional<std::uint64_t> parse_quantity(std::string_view text, const std::array<Unit, N>& units)
{
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits]))
        ++digits;
    const auto number = parse_number(text.substr(0, digits));
    if (!number)
        return std::nullopt;
    for (const auto& unit : units) {
        if (text.substr(digits) != unit.name)
            continue;
        constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        if (*number > most / unit.factor)
            return std::nullopt;
        return *number * unit.factor;
    }
    return std::nullopt;
}

template <std::size_t N>
std::string quantity_text(std::uint64_t value, const std::array<Unit, N>& units)
{
    Unit best = units[0];
    for (const auto& unit : units)
        if (value % unit.factor == 0 && value >= unit.factor)
            best = unit;
    return fmt::format("{}{}", value / best.factor, best.name);
}

bool is_address(int family, std::string_view text)
{
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    if (text.size() > 64 || text.contains('\0'))
        return false;
    return ::inet_pton(family, std::string(text).c_str(), bytes.data()) == 1;
}

/// An IP address, as is_ipv4() or is_ipv6() takes it, in the one way in which it is looked up.
std::string canonical_address(std::string_view text)
{
    in6_addr bytes{};
    std::array<char, INET6_ADDRSTRLEN> out{};
    if (::inet_pton(AF_INET6, std::string(text).c_str(), &bytes) != 1 ||
        ::inet_ntop(AF_INET6, &bytes, out.data(), out.size()) == nullptr)
        return std::string(text); // IPv4's is the only one.
    return out.data();
}

std::optional<std::uint16_t> parse_port(std::string_view text)
{
    const auto number = text.size() <= 5 ? parse_number(text) : std::nullopt;
    if (!number || *number == 0 || *number > 65535)
        return std::nullopt;
    return static_cast<std::uint16_t>(*number);
}

struct HostPort {
    std::string_view host;
    bool bracketed = false;
    std::uint16_t port = 0;
};

std::optional<HostPort> split_port(std::string_view text, std::optional<std::uint16_t> default_port)
{
    HostPort result;
    std::string_view rest;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == text.npos)
            return std::nullopt;
        result.bracketed = true;
        result.host = text.substr(1, end - 1);
        rest = text.substr(end + 1);
    } else {
        const auto colon = text.rfind(':');
        result.host = text.substr(0, colon);
        rest = colon == text.npos ? std::string_view() : text.substr(colon);
    }
    if (rest.empty()) {
        if (!default_port)
            return std::nullopt;
        result.port = *default_port;
        return result;
    }
    const auto port = rest.starts_with(':') ? parse_port(rest.substr(1)) : std::nullopt;
    if (!port)
        return std::nullopt;
    result.port = *port;
    return result;
}

} // namespace

std::optional<Span> parse_span(std::string_view text)
{
    const auto value = parse_quantity(text, span_units);
    if (!value)
        return std::nullopt;
    return Span(static_cast<std::int64_t>(*value));
}

std::string span_text(Span span)
{
    return quantity_text(static_cast<std::uint64_t>(span.count()), span_units);
}

std::optional<std::uint64_t> parse_size(std::string_view text)
{
    return parse_quantity(text, size_units);
}

std::string size_text(std::uint64_t bytes)
{
    return quantity_text(bytes, size_units);
}

bool is_ipv4(std::string_view text)
{
    return is_address(AF_INET, text);
}
bool is_ipv6(std::string_view text)
{
    return is_address(AF_INET6, text);
}

std::string Endpoint::text() const
{
    return is_ipv6() ? fmt::format("[{}]:{}", address, port) : fmt::format("{}:{}", address, port);
}

bool is_network(std::string_view text)
{
    const auto slash = text.find('/');
    const auto address = text.substr(0, slash);
    const std::uint64_t bits = is_ipv4(address) ? 32 : is_ipv6(address) ? 128 : 0;
    if (bits == 0 || slash == text.npos)
        return bits != 0;
    const auto length = parse_number(text.substr(slash + 1));
    return length && *length <= bits;
}

std::optional<Endpoint> parse_endpoint(std::string_view text,
                                       std::optional<std::uint16_t> default_port)
{
    if (default_port && is_ipv6(text)) // "::1": without a port the brackets are not needed.
        return Endpoint{std::string(text), *default_port};
    const auto split = split_port(text, default_port);
    if (!split || !(split->bracketed ? is_ipv6(split->host) : is_ipv4(split->host)))
        return std::nullopt;
    return Endpoint{std::string(split->host), split->port};
}

std::string NextHop::text() const
{
    auto text = kind == Kind::domain ? name : fmt::format("[{}]", name);
    return port == 0 ? text : fmt::format("{}:{}", text, port);
}

std::optional<NextHop> parse_next_hop(std::string_view text)
{
    const auto split = split_port(text, 0);
    if (!split)
        return std::nullopt;
    if (split->bracketed && (is_ipv4(split->host) || is_ipv6(split->host)))
        return NextHop{NextHop::Kind::address, canonical_address(split->host), split->port};
    const auto name = mail::Domain::parse(split->host, mail::Charset::ascii);
    if (!name || name->is_literal() || is_ipv4(split->host))
        return std::nullopt;
    return NextHop{split->bracketed ? NextHop::Kind::host : NextHop::Kind::domain, name->text(),
                   split->port};
}

std::optional<std::string> parse_destination(std::string_view text)
{
    if (text == "*")
        return std::string(text);
    if (text.starts_with('.')) {
        const auto parent = mail::Domain::parse(text.substr(1));
        return parent && !parent->is_literal() ? std::optional("." + parent->text()) : std::nullopt;
    }
    if (const auto domain = mail::Domain::parse(text);
        domain && !domain->is_literal() && !is_ipv4(text))
        return domain->text();
    const auto hop = parse_next_hop(text);
    return hop ? std::optional(hop->text()) : std::nullopt;
}

bool is_socket_path(std::string_view text)
{
    return text.starts_with('/') && !text.contains('\0') &&
           text.size() < sizeof(sockaddr_un{}.sun_path);
}

std::string Listener::text() const
{
    return path.empty() ? address.text() : "unix:" + path;
}

namespace {

std::optional<Address> parse_socket(std::string_view text)
{
    constexpr std::string_view prefix = "unix:";
    if (!text.starts_with(prefix) || !is_socket_path(text.substr(prefix.size())))
        return std::nullopt;
    return Address{{}, std::string(text.substr(prefix.size()))};
}

std::optional<Address> parse_inet(std::string_view text)
{
    auto endpoint = parse_endpoint(text);
    return endpoint ? std::optional(Address{std::move(*endpoint), {}}) : std::nullopt;
}

} // namespace

std::optional<Address> parse_listen_address(std::string_view text)
{
    return text.starts_with('u') ? parse_socket(text) : parse_inet(text);
}

std::optional<Address> parse_milter_address(std::string_view text)
{
    constexpr std::string_view prefix = "inet:";
    return text.starts_with(prefix) ? parse_inet(text.substr(prefix.size())) : parse_socket(text);
}

std::optional<std::uint32_t> parse_mode(std::string_view text)
{
    if (text.size() < 3 || text.size() > 4 || (text.size() == 4 && text[0] != '0'))
        return std::nullopt;
    std::uint32_t mode = 0;
    for (const char c : text) {
        if (c < '0' || c > '7')
            return std::nullopt;
        mode = mode * 8 + static_cast<std::uint32_t>(c - '0');
    }
    return mode;
}

std::optional<std::string> parse_fingerprint(std::string_view text)
{
    constexpr std::size_t bytes = 32;
    const bool colons = text.size() == bytes * 3 - 1;
    if (!colons && text.size() != bytes * 2)
        return std::nullopt;
    std::string digits;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = to_lower(text[i]);
        if (colons && i % 3 == 2) {
            if (c != ':')
                return std::nullopt;
            continue;
        }
        if (!is_digit(c) && !(c >= 'a' && c <= 'f'))
            return std::nullopt;
        digits += c;
    }
    return digits;
}

std::optional<std::string> parse_certificate_name(std::string_view text)
{
    const bool wildcard = text.starts_with("*.");
    const auto domain = mail::Domain::parse(wildcard ? text.substr(2) : text);
    if (!domain || domain->is_literal())
        return std::nullopt;
    std::string name = (wildcard ? "*." : "") + std::string(domain->text());
    for (auto& c : name)
        c = to_lower(c);
    return name;
}

bool is_user_name(std::string_view text)
{
    return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, [](char c) {
        return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || c == '$';
    });
}

} // namespace posthouse::config
