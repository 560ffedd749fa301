// SPDX-License-Identifier: Apache-2.0
#include "mail/content_type.hpp"

#include "base/text.hpp"
#include "mail/lexical.hpp"

#include <algorithm>

namespace posthouse::mail {
namespace {

constexpr std::size_t longest_boundary = 70; // RFC 2046 §5.1.1
constexpr std::size_t tolerated_boundary = 200;

bool take(std::string_view& text, char c)
{
    if (!text.starts_with(c))
        return false;
    text.remove_prefix(1);
    return true;
}

std::string take_value(std::string_view& text)
{
    skip_cfws(text);
    if (!take(text, '"')) {
        // More than a token, as there are boundaries such as "=_x" without quotes.
        const auto end = std::min(text.find_first_of("; \t"), text.size());
        const std::string value(text.substr(0, end));
        text.remove_prefix(end);
        return value;
    }
    std::string value;
    while (!text.empty() && text.front() != '"') {
        if (text.front() == '\\' && text.size() > 1)
            text.remove_prefix(1);
        value += text.front();
        text.remove_prefix(1);
    }
    take(text, '"');
    return value;
}

/// What can stand at the end of a delimiter's line.
bool is_padding(std::string_view text)
{
    return text.find_first_not_of(" \t\r\n") == text.npos;
}

} // namespace

ContentType parse_content_type(std::string_view value)
{
    static_assert(longest_boundary <= tolerated_boundary);
    ContentType content;
    content.type = lowercase(take_token(value));
    if (!take(value, '/'))
        return {};
    content.subtype = lowercase(take_token(value));
    if (content.type.empty() || content.subtype.empty())
        return {};
    for (;;) {
        const auto next = value.find(';');
        if (next == value.npos)
            return content;
        value.remove_prefix(next + 1);
        const auto name = take_token(value);
        if (!take(value, '='))
            continue;
        auto text = take_value(value);
        const bool possible =
            text.size() <= tolerated_boundary && std::ranges::all_of(text, is_printable);
        if (equal_ignoring_case(name, "boundary") && content.boundary.empty() && possible)
            content.boundary = std::move(text);
    }
}

MultipartReader::MultipartReader(std::string_view body, std::string boundary)
    : body_(body),
      mark_("--" + std::move(boundary))
{
    while (mark_.ends_with(' ')) // RFC 2046 §5.1.1: padding, not part of it.
        mark_.pop_back();
    following_ = find(0);
    first_ = std::min(following_.begin, body_.size());
}

MultipartReader::Delimiter MultipartReader::find(std::size_t from) const
{
    while (from < body_.size()) {
        const auto end = std::min(body_.find('\n', from), body_.size() - 1) + 1;
        auto line = body_.substr(from, end - from);
        if (line.starts_with(mark_)) {
            line.remove_prefix(mark_.size());
            if (is_padding(line))
                return {from, end, false};
            if (line.starts_with("--") && is_padding(line.substr(2)))
                return {from, end, true};
        }
        from = end;
    }
    return {body_.npos, body_.npos, false};
}

std::size_t MultipartReader::end_before(std::size_t line, std::size_t from) const
{
    if (line > from && body_[line - 1] == '\n')
        --line;
    if (line > from && body_[line - 1] == '\r')
        --line;
    return line;
}

bool MultipartReader::next()
{
    if (following_.begin == body_.npos || closed_)
        return false;
    at_ = begun_ ? end_ : following_.begin;
    begun_ = true;
    part_ = following_.end;
    closed_ = following_.closing;
    following_ = closed_ ? Delimiter{body_.npos, body_.npos, false} : find(part_);
    end_ = following_.begin == body_.npos ? body_.size() : end_before(following_.begin, part_);
    return true;
}

} // namespace posthouse::mail
