// SPDX-License-Identifier: Apache-2.0
#include "tables/lines.hpp"

#include "base/text.hpp"
#include "mail/lexical.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace posthouse::tables {
namespace {

bool is_control(char c)
{
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
}

bool is_blank(std::string_view line)
{
    return trimmed(line).empty();
}

} // namespace

LineReader::LineReader(std::string_view text, Layout layout, Report& report)
    : rest_(text),
      layout_(layout),
      report_(report)
{
    if (text.size() > Limits::file_bytes) {
        report_.skipped(0, fmt::format("the file is larger than {} MiB and was left out",
                                       Limits::file_bytes >> 20));
        rest_ = {};
    }
    if (rest_.starts_with("\xef\xbb\xbf"))
        rest_.remove_prefix(3);
}

std::optional<std::string_view> LineReader::next_physical()
{
    if (rest_.empty())
        return std::nullopt;
    auto line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(rest_.size(), line.size() + 1));
    ++number_;
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

bool LineReader::continues() const
{
    return layout_ == Layout::continued && !rest_.empty() && mail::is_wsp(rest_.front()) &&
           !is_blank(rest_.substr(0, rest_.find_first_of("\r\n")));
}

/// A backslash at a line's end continues it too, as sendmail has it.
std::string_view LineReader::with_continuation(std::string_view first)
{
    if (layout_ != Layout::continued)
        return first;
    const auto escaped = [](std::string_view line) {
        const auto backslashes = line.size() - (line.find_last_not_of('\\') + 1);
        return backslashes % 2 == 1;
    };
    if (!continues() && !escaped(first))
        return first;
    joined_ = first;
    for (auto last = first; !rest_.empty() && (escaped(last) || continues());) {
        if (escaped(last) && joined_.size() <= Limits::line_bytes)
            joined_.pop_back();
        last = *next_physical();
        joined_ += ' ';
        // One that is too long is refused below, and its rest is no line of its own.
        if (joined_.size() + last.size() > Limits::line_bytes)
            joined_.resize(Limits::line_bytes + 1, 'x');
        else
            joined_ += trimmed(last);
    }
    return joined_;
}

std::string LineReader::fault_of(std::string_view line) const
{
    if (line.size() > Limits::line_bytes)
        return fmt::format("the line is longer than {} bytes", Limits::line_bytes);
    if (std::ranges::any_of(line, is_control))
        return "the line holds a control character";
    if (!line.starts_with('#') && !mail::is_plain_utf8(line))
        return "the line holds bytes that are no UTF-8";
    return {};
}

std::optional<Line> LineReader::next()
{
    while (const auto first = next_physical()) {
        const auto number = number_;
        auto text = trimmed(*first);
        if (text.empty())
            continue;
        const bool comment =
            text.front() == '#' && (layout_ == Layout::listed || first->front() == '#');
        const bool indented = mail::is_wsp(first->front());
        if (!comment)
            text = trimmed(with_continuation(*first));
        if (auto fault = fault_of(text); !fault.empty()) {
            report_.skipped(number, std::move(fault));
            continue;
        }
        if (comment)
            continue;
        if (indented && layout_ == Layout::continued)
            report_.skipped(number, "the line begins with white space, but the line before is none "
                                    "that it could continue");
        else if (indented && layout_ == Layout::keyed)
            report_.skipped(number, "the line begins with white space: a key stands at its "
                                    "beginning, and nothing is continued here");
        else
            return Line{number, text};
    }
    return std::nullopt;
}

} // namespace posthouse::tables
