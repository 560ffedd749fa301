// SPDX-License-Identifier: Apache-2.0
// The scheduler's keys, written and read.
#include "base/contract.hpp"
#include "base/text.hpp"
#include "routing/engine.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace posthouse::routing {
namespace {

constexpr std::string_view smtp_prefix = "smtp:";
constexpr std::string_view via_prefix = "via:";
constexpr std::string_view lmtp_prefix = "lmtp:";

bool is_port(std::string_view text)
{
    const auto number = parse_number(text);
    return text.size() <= 5 && number && *number > 0 && *number <= 65535;
}

bool is_ip_address(std::string_view text)
{
    if (starts_with_ignoring_case(text, "ipv6:"))
        text.remove_prefix(5);
    const std::string terminated(text);
    std::array<unsigned char, 16> address;
    return ::inet_pton(AF_INET, terminated.c_str(), address.data()) == 1 ||
           ::inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1;
}

bool is_host_name(std::string_view text)
{
    return !text.starts_with('[') && mail::Domain::parse(text).has_value();
}

/// "[host]", "[192.0.2.1]", "[2001:db8::1]:25"
bool is_bracketed_host(std::string_view text)
{
    const auto close = text.find(']');
    if (!text.starts_with('[') || close == text.npos)
        return false;
    const auto inside = text.substr(1, close - 1);
    const auto behind = text.substr(close + 1);
    return (is_ip_address(inside) || is_host_name(inside)) &&
           (behind.empty() || (behind.front() == ':' && is_port(behind.substr(1))));
}

bool is_next_hop(std::string_view text)
{
    if (text.starts_with('['))
        return is_bracketed_host(text);
    const auto colon = text.find(':');
    return is_host_name(text.substr(0, colon)) &&
           (colon == text.npos || is_port(text.substr(colon + 1)));
}

} // namespace

std::string smtp_destination(const mail::Domain& domain)
{
    return std::string(smtp_prefix) + domain.text();
}

std::optional<std::string> domain_of(std::string_view destination)
{
    if (!destination.starts_with(smtp_prefix))
        return std::nullopt;
    return std::string(destination.substr(smtp_prefix.size()));
}

bool is_destination(std::string_view text)
{
    if (text == mailbox_destination || text == agent_destination || text == discard_destination)
        return true;
    if (const auto domain = domain_of(text)) {
        const auto parsed = mail::Domain::parse(*domain);
        return parsed && parsed->text() == *domain;
    }
    if (text.starts_with(lmtp_prefix)) {
        text.remove_prefix(lmtp_prefix.size());
        if (!text.starts_with("unix:"))
            return is_bracketed_host(text);
        return text.starts_with("unix:/") && is_utf8(text) &&
               std::ranges::none_of(
                   text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
    }
    if (!text.starts_with(via_prefix))
        return false;
    for (auto rest = text.substr(via_prefix.size());;) {
        const auto bar = rest.find('|');
        if (!is_next_hop(rest.substr(0, bar)))
            return false;
        if (bar == rest.npos)
            return true;
        rest.remove_prefix(bar + 1);
    }
}

mail::Mailbox postmaster_of(const mail::Domain& hostname)
{
    auto mailbox = mail::Mailbox::parse("postmaster@" + hostname.text());
    expects(mailbox.has_value());
    return *mailbox;
}

} // namespace posthouse::routing
