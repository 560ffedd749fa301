// SPDX-License-Identifier: Apache-2.0
#include "imap/literal.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <limits>

namespace posthouse::imap {

namespace {

void skip_spaces(std::string_view& text)
{
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

std::string_view take_word(std::string_view& text)
{
    skip_spaces(text);
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    return word;
}

/// Takes an astring off the front; nothing of it if it is only announced.
bool take_astring(std::string_view& text)
{
    skip_spaces(text);
    if (text.starts_with('"')) {
        for (std::size_t at = 1; at < text.size(); ++at) {
            if (text[at] == '\\')
                ++at;
            else if (text[at] == '"') {
                text.remove_prefix(at + 1);
                return true;
            }
        }
        return false;
    }
    if (!text.starts_with('{')) {
        take_word(text);
        return true;
    }
    const auto line_end = text.find('\n');
    if (line_end == text.npos)
        return false;
    auto line = text.substr(0, line_end);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    const auto literal = announced_literal(line);
    if (!literal || literal->bytes > text.size() - line_end - 1)
        return false;
    text.remove_prefix(line_end + 1 + static_cast<std::size_t>(literal->bytes));
    return true;
}

} // namespace

std::optional<LiteralAnnouncement> announced_literal(std::string_view line)
{
    if (!line.ends_with('}'))
        return std::nullopt;
    const auto brace = line.rfind('{');
    if (brace == line.npos)
        return std::nullopt;
    LiteralAnnouncement literal;
    auto digits = line.substr(brace + 1, line.size() - brace - 2);
    if (digits.ends_with('+')) {
        literal.waits = false;
        digits.remove_suffix(1);
    }
    if (digits.empty() || !std::ranges::all_of(digits, is_digit))
        return std::nullopt;
    literal.bytes = parse_number(digits).value_or(std::numeric_limits<std::uint64_t>::max());
    literal.binary = brace > 0 && line[brace - 1] == '~';
    literal.length = line.size() - brace + (literal.binary ? 1 : 0);
    return literal;
}

bool announces_message(std::string_view text)
{
    auto rest = text;
    take_word(rest); // The tag
    auto verb = take_word(rest);
    if (equal_ignoring_case(verb, "UID"))
        verb = take_word(rest);
    if (equal_ignoring_case(verb, "REPLACE"))
        take_word(rest); // The message's number
    else if (!equal_ignoring_case(verb, "APPEND"))
        return false;
    return take_astring(rest) && announces_more_message(rest);
}

bool announces_more_message(std::string_view segment)
{
    // Behind the last literal in the segment, if it holds any: its text could look like anything.
    while (true) {
        const auto line_end = segment.find('\n');
        if (line_end == segment.npos)
            break;
        auto line = segment.substr(0, line_end);
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        const auto inner = announced_literal(line);
        if (!inner || inner->bytes > segment.size() - line_end - 1)
            return false;
        segment.remove_prefix(line_end + 1 + static_cast<std::size_t>(inner->bytes));
    }
    const auto literal = announced_literal(segment);
    if (!literal)
        return false;
    segment.remove_suffix(literal->length);
    while (segment.ends_with(' '))
        segment.remove_suffix(1);
    if (segment.size() < 4)
        return true;
    const auto before = segment[segment.size() - 4];
    const bool url = equal_ignoring_case(segment.substr(segment.size() - 3), "URL") &&
                     (before == ' ' || before == '(' || before == ')');
    return !url;
}

} // namespace posthouse::imap
