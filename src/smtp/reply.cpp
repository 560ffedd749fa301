// SPDX-License-Identifier: Apache-2.0
#include "smtp/reply.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <iterator>

namespace posthouse::smtp {
namespace {

constexpr std::size_t longest_text = 512 - 6; // Without code, separator and CR LF.

constexpr char defused(char c)
{
    return c >= ' ' && c <= '~' ? c : '?';
}

void append_line(std::string& to, int code, char separator, std::string_view text)
{
    expects(code >= 200 && code <= 599);
    to += static_cast<char>('0' + code / 100);
    to += static_cast<char>('0' + code / 10 % 10);
    to += static_cast<char>('0' + code % 10);
    to += separator;
    std::ranges::transform(text.substr(0, longest_text), std::back_inserter(to), defused);
    to += "\r\n";
}

} // namespace

void append_reply(std::string& to, int code, std::string_view line)
{
    append_line(to, code, ' ', line);
}

void append_reply(std::string& to, const Reply& reply)
{
    expects(!reply.lines.empty());
    for (const auto& line : reply.lines)
        append_line(to, reply.code, &line == &reply.lines.back() ? ' ' : '-', line);
}

std::string_view enhanced_status(const Reply& reply)
{
    // class "." subject "." detail, the last two of one to three digits: RFC 2034 §4
    const std::string_view text = reply.lines.empty() ? std::string_view() : reply.lines.front();
    std::size_t at = 0;
    const auto digits = [&](std::size_t most) {
        const auto start = at;
        while (at < text.size() && at - start < most && is_digit(text[at]))
            ++at;
        return at != start;
    };
    const auto dot = [&] { return at < text.size() && text[at++] == '.'; };
    if (!digits(1) || !dot() || !digits(3) || !dot() || !digits(3))
        return {};
    const bool whole = at == text.size() || text[at] == ' ';
    return whole && text.front() - '0' == reply.code / 100 ? text.substr(0, at)
                                                           : std::string_view();
}

} // namespace posthouse::smtp
