// SPDX-License-Identifier: Apache-2.0
#include "dns/targets.hpp"

#include "base/text.hpp"
#include "dns/idna.hpp"
#include "dns/rdata.hpp"

namespace posthouse::dns {
namespace {

/// What stands in a NextHop before the port, and the port.
struct Parts {
    std::string_view place;
    std::optional<std::string_view> port;
    bool bracketed = false;
};

std::expected<Parts, std::string> split(std::string_view text)
{
    Parts parts{.place = text, .port = std::nullopt, .bracketed = text.starts_with('[')};
    std::string_view rest;
    if (parts.bracketed) {
        const auto end = text.find(']');
        if (end == text.npos)
            return std::unexpected("the closing ] is missing");
        parts.place = text.substr(1, end - 1);
        rest = text.substr(end + 1);
    } else if (const auto colon = text.find(':'); colon != text.npos) {
        parts.place = text.substr(0, colon);
        rest = text.substr(colon);
    }
    if (rest.starts_with(':'))
        parts.port = rest.substr(1);
    else if (!rest.empty())
        return std::unexpected("only a port such as :587 may follow the ]");
    return parts;
}

std::optional<IpAddress> parse_literal(std::string_view text)
{
    constexpr std::string_view tag = "IPv6:";
    if (starts_with_ignoring_case(text, tag))
        text.remove_prefix(tag.size());
    return IpAddress::parse(text);
}

} // namespace

std::expected<NextHop, std::string> NextHop::parse(std::string_view text)
{
    if (IpAddress::parse(text))
        return std::unexpected("an address stands in brackets: [" + printable(text) + "]");
    const auto parts = split(text);
    if (!parts)
        return std::unexpected(parts.error());

    NextHop hop;
    if (parts->port) {
        const auto number = parse_number(*parts->port);
        if (!number || *number == 0 || *number > 65535)
            return std::unexpected("the port is a number from 1 to 65535");
        hop.port = static_cast<std::uint16_t>(*number);
    }
    hop.kind = parts->bracketed ? Kind::host : Kind::domain;
    if (const auto address = parse_literal(parts->place)) {
        if (!parts->bracketed)
            return std::unexpected("an address stands in brackets: [192.0.2.1]:25");
        hop.kind = Kind::address;
        hop.address = address;
        return hop;
    }
    const auto ascii = to_ascii(parts->place);
    const auto name = ascii ? parse_name(*ascii) : std::nullopt;
    if (!name || IpAddress::parse(name->text)) // "192.0.2.1."
        return std::unexpected("'" + printable(parts->place) + "' is no name of a host");
    hop.name = name->text;
    return hop;
}

std::string NextHop::text() const
{
    const auto place = kind == Kind::domain ? name
                       : kind == Kind::host ? "[" + name + "]"
                                            : "[" + address->text() + "]";
    return port == 25 ? place : place + ":" + std::to_string(port);
}

} // namespace posthouse::dns
