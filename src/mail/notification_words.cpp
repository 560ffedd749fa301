// SPDX-License-Identifier: Apache-2.0
#include "mail/notification_words.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace posthouse::mail {
namespace {

constexpr std::size_t most_columns = 76;

/// Without control characters and without those that turn the direction of writing or end a line
/// (U+2028 to U+202E, U+2066 to U+2069): nobody is to be shown something else than was said.
std::string readable(std::string_view raw)
{
    auto text = printable(raw, std::string_view::npos);
    for (auto at = text.find('\xe2'); at != text.npos; at = text.find('\xe2', at + 1)) {
        const std::string_view mark = std::string_view(text).substr(at, 3);
        if ((mark >= "\xe2\x80\xa8" && mark <= "\xe2\x80\xae") ||
            (mark >= "\xe2\x81\xa6" && mark <= "\xe2\x81\xa9"))
            text.replace(at, 3, "?");
    }
    return text;
}

bool is_of_lines(Placeholder placeholder)
{
    return placeholder == Placeholder::reason || placeholder == Placeholder::output;
}

/// The lines of a value that say something; there is at least one.
std::vector<std::string> lines_of(const PlaceholderValues& values, Placeholder placeholder)
{
    std::string text = values[placeholder];
    std::ranges::replace(text, '\t', ' ');
    std::vector<std::string> lines;
    for (std::string_view rest = text; is_of_lines(placeholder) && !rest.empty();) {
        const auto end = std::min(rest.find('\n'), rest.size());
        auto line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        while (line.ends_with('\r') || line.ends_with(' '))
            line.remove_suffix(1);
        if (!line.empty())
            lines.push_back(readable(line));
    }
    if (!is_of_lines(placeholder))
        lines.push_back(readable(text));
    if (lines.empty())
        lines.emplace_back();
    return lines;
}

/// Filled in: one line, or more if a value has more. Nothing: it has nothing to say.
std::vector<std::string> filled(const PassageLine& line, const PlaceholderValues& values)
{
    std::vector<std::string> written = {""};
    std::string indent;
    if (const auto* first = line.empty() ? nullptr : std::get_if<std::string>(&line[0]))
        indent = first->substr(0, std::min(first->find_first_not_of(" \t"), first->size()));
    bool has_placeholder = false;
    bool says_something = false;
    for (const auto& piece : line) {
        if (const auto* literal = std::get_if<std::string>(&piece)) {
            written.back() += *literal;
            continue;
        }
        has_placeholder = true;
        const auto lines = lines_of(values, std::get<Placeholder>(piece));
        says_something |= !lines[0].empty();
        written.back() += lines[0];
        for (std::size_t i = 1; i < lines.size(); ++i)
            written.push_back(indent + lines[i]);
    }
    if (has_placeholder && !says_something)
        return {};
    return written;
}

/// As a terminal or a mail program shows it: Han and most scripts behind it take two columns.
std::size_t columns_of(std::string_view text)
{
    std::size_t columns = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80 || byte >= 0xc0)
            columns += byte >= 0xe2 ? 2 : 1;
    }
    return columns;
}

/// Broken at its spaces, its indentation before each part. A longer word stays whole.
void append_broken(std::string& to, std::string_view line)
{
    if (columns_of(line) <= most_columns) {
        to += std::string(line) + "\r\n";
        return;
    }
    const auto indent = line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
    line.remove_prefix(indent.size());
    std::size_t column = 0;
    while (!line.empty()) {
        const auto space = std::min(line.find(' '), line.size());
        const auto word = line.substr(0, space);
        line.remove_prefix(std::min(space + 1, line.size()));
        if (word.empty())
            continue;
        const auto width = columns_of(word);
        if (column == 0 || column + 1 + width > most_columns) {
            if (column > 0)
                to += "\r\n";
            to += indent;
            column = columns_of(indent);
        } else {
            to += ' ';
            ++column;
        }
        to += word;
        column += width;
    }
    to += "\r\n";
}

} // namespace

std::string NotificationWords::text(Passage passage, const PlaceholderValues& values) const
{
    std::string text;
    for (const auto& line : texts_[static_cast<std::size_t>(passage)]) {
        const bool is_literal = line.size() < 2 && (line.empty() || line[0].index() == 0);
        for (const auto& each : filled(line, values)) {
            if (is_literal)
                text += each + "\r\n";
            else
                append_broken(text, each);
        }
    }
    while (text == "\r\n" || text.ends_with("\r\n\r\n")) // What stood behind had nothing to say.
        text.resize(text.size() - 2);
    return text;
}

std::string NotificationWords::line(Passage passage, const PlaceholderValues& values) const
{
    std::string together;
    for (const auto& line : texts_[static_cast<std::size_t>(passage)])
        for (const auto& each : filled(line, values))
            together += (together.empty() ? "" : " ") + each;
    std::ranges::replace(together, '\t', ' ');
    return together;
}

} // namespace posthouse::mail
