// SPDX-License-Identifier: Apache-2.0
#include "tables/values.hpp"

#include "base/text.hpp"
#include "mail/address.hpp"
#include "mail/lexical.hpp"
#include "tables/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace posthouse::tables {
namespace {

std::unexpected<std::string> wrong(std::string what)
{
    return std::unexpected(std::move(what));
}

bool is_code(std::string_view text)
{
    return text.size() == 3 && (text[0] == '4' || text[0] == '5') && is_digit(text[1]) &&
           is_digit(text[2]) && text[1] <= '5';
}

/// RFC 3463 §2: class "." subject "." detail, of a failure.
bool is_status(std::string_view text)
{
    if (text.size() < 5 || (text[0] != '4' && text[0] != '5') || text[1] != '.')
        return false;
    const auto dot = text.find('.', 2);
    const auto number = [](std::string_view digits) {
        return !digits.empty() && digits.size() <= 3 && std::ranges::all_of(digits, is_digit);
    };
    return dot != text.npos && number(text.substr(2, dot - 2)) && number(text.substr(dot + 1));
}

/// sendmail's names of what went wrong.
struct NamedFault {
    std::string_view name, status, code;
};
constexpr std::array named_faults = {
    NamedFault{"nouser", "5.1.1", "550"},   NamedFault{"nohost", "5.1.2", "550"},
    NamedFault{"usage", "5.5.4", "501"},    NamedFault{"unavailable", "5.0.0", "550"},
    NamedFault{"software", "5.3.0", "554"}, NamedFault{"tempfail", "4.0.0", "451"},
    NamedFault{"protocol", "5.5.0", "554"}, NamedFault{"config", "5.3.5", "554"},
};

/// Takes the first word off, up to a colon or white space.
std::string_view first_word(std::string_view text)
{
    return text.substr(0, text.find_first_of(": \t"));
}

std::string_view after(std::string_view text, std::string_view word)
{
    text.remove_prefix(word.size());
    text = trimmed(text);
    if (text.starts_with(':'))
        text.remove_prefix(1);
    return trimmed(text);
}

std::string_view without_quotes(std::string_view text)
{
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    return trimmed(text);
}

constexpr std::size_t longest_refusal = 400; // Fits a reply's line with its codes.

} // namespace

Read read_domain(std::string_view text)
{
    const auto domain = mail::Domain::parse(text);
    if (!domain)
        return wrong(
            fmt::format("'{}' is no domain: {}", printable(text, 100), domain.error().what));
    if (domain->is_literal())
        return wrong(fmt::format("'{}' is an address; a name would be right", domain->text()));
    return domain->text();
}

Read read_mailbox(std::string_view text)
{
    const auto mailbox = mail::Mailbox::parse(text);
    if (!mailbox)
        return wrong(
            fmt::format("'{}' is no address: {}", printable(text, 100), mailbox.error().what));
    return mailbox->text();
}

Read read_local_name(std::string_view text)
{
    if (text.empty())
        return wrong("a name is missing");
    // By the rules of a whole address, so that whatever follows can rely on them.
    const auto mailbox = mail::Mailbox::parse(std::string(text) + "@localhost");
    if (!mailbox)
        return wrong(fmt::format("'{}' is no name of a user or an alias{}", printable(text, 100),
                                 text.find_first_of(" \t") != text.npos
                                     ? "; a comma between two of them, or quotes around one, would "
                                       "be right"
                                     : ""));
    return mailbox->local_part();
}

Read read_address(std::string_view text)
{
    const auto at = text.rfind('@');
    return at == text.npos || text.ends_with('"') ? read_local_name(text) : read_mailbox(text);
}

Read read_next_hop(std::string_view text)
{
    if (text.empty())
        return wrong("a host is missing");
    std::string_view place = text;
    std::string_view port;
    const bool bracketed = text.starts_with('[');
    if (bracketed) {
        const auto end = text.find(']');
        if (end == text.npos)
            return wrong(fmt::format("the closing ] of '{}' is missing", printable(text, 100)));
        place = text.substr(1, end - 1);
        port = text.substr(end + 1);
    } else if (const auto colon = text.find(':'); colon != text.npos) {
        place = text.substr(0, colon);
        port = text.substr(colon);
    }
    if (!port.empty()) {
        const auto number = parse_number(port.substr(1));
        if (port.front() != ':' || !number || *number == 0 || *number > 65535)
            return wrong(fmt::format("'{}' is no host with a port; [mx.example.org]:587 would be "
                                     "right",
                                     printable(text, 100)));
        port = port.substr(1 + port.substr(1).find_first_not_of('0'));
    }
    const auto with_port = [&](std::string host) {
        return port.empty() ? host : fmt::format("{}:{}", host, port);
    };
    const auto network = parse_network(place);
    if (network && network->network && network->network->is_address()) {
        if (!bracketed)
            return wrong(
                fmt::format("an address stands in brackets: [{}]", network->network->text));
        return with_port(fmt::format("[{}]", network->network->text));
    }
    const auto name = network ? Read(wrong(fmt::format("'{}' is no host", printable(place, 100))))
                              : read_domain(place);
    if (!name)
        return name;
    return with_port(bracketed ? fmt::format("[{}]", *name) : *name);
}

std::expected<std::vector<std::string>, std::string> read_next_hops(std::string_view text)
{
    std::vector<std::string> hops;
    std::size_t begin = 0;
    const auto add = [&](std::size_t end) -> std::expected<void, std::string> {
        const auto hop = read_next_hop(trimmed(text.substr(begin, end - begin)));
        if (!hop)
            return std::unexpected(hop.error());
        hops.push_back(*hop);
        begin = end + 1;
        return {};
    };
    bool bracket = false;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i < text.size() && text[i] == '[')
            bracket = true;
        if (i < text.size() && text[i] == ']')
            bracket = false;
        const bool end = i == text.size() || text[i] == ',';
        // A colon before a number and nothing else than it is a port's.
        const bool host_follows = !end && text[i] == ':' && [&] {
            const auto next = text.substr(i + 1, text.find_first_of(":,", i + 1) - i - 1);
            return next.empty() || !std::ranges::all_of(trimmed(next), is_digit);
        }();
        if (!end && (bracket || !host_follows))
            continue;
        if (const auto added = add(i); !added)
            return std::unexpected(added.error());
    }
    return hops;
}

Read read_refusal(std::string_view text, std::string_view default_status)
{
    text = without_quotes(trimmed(text));
    std::string_view status, code;
    const auto word = first_word(text);
    for (const auto& fault : named_faults)
        if (equal_ignoring_case(word, fault.name)) {
            status = fault.status;
            text = without_quotes(after(text, word));
            if (const auto next = first_word(text); is_code(next) && next[0] == status[0]) {
                code = next;
                text = after(text, next);
            } else {
                code = fault.code;
            }
        }
    // In either order: "5.1.1:550 text", "550 5.1.1 text".
    for (int i = 0; i < 2; ++i) {
        const auto next = first_word(text);
        if (status.empty() && is_status(next)) {
            status = next;
            text = without_quotes(after(text, next));
        } else if (code.empty() && is_code(next)) {
            code = next;
            text = without_quotes(after(text, next));
        }
    }
    std::string whole_status(status.empty() ? default_status : status);
    if (status.empty() && !code.empty())
        whole_status.front() = code.front();
    if (code.empty())
        code = whole_status.front() == '4' ? "451" : "550";
    if (whole_status.front() != code.front())
        return wrong(fmt::format("the codes {} and {} contradict each other: the first digits are "
                                 "the same",
                                 whole_status, code));
    if (text.size() > longest_refusal)
        return wrong(fmt::format("the text is longer than {} bytes", longest_refusal));
    return fmt::format("{} {}{}{}", whole_status, code, text.empty() ? "" : " ", text);
}

/// "5.1.1 550 text"
std::string_view text_of_refusal(std::string_view refusal)
{
    const auto code = refusal.find(' ');
    const auto text = code == refusal.npos ? code : refusal.find(' ', code + 1);
    return text == refusal.npos ? std::string_view() : refusal.substr(text + 1);
}

} // namespace posthouse::tables
