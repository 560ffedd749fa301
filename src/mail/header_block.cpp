// SPDX-License-Identifier: Apache-2.0
#include "mail/header_block.hpp"

#include "mail/lexical.hpp"

#include <algorithm>

namespace posthouse::mail {
namespace {

/// The line at `at` with its line end; less if the text ends first.
std::string_view line_at(std::string_view text, std::size_t at)
{
    const auto feed = text.find('\n', at);
    return text.substr(at, feed == text.npos ? text.npos : feed + 1 - at);
}

bool is_blank(std::string_view line)
{
    return line == "\r\n" || line == "\n";
}

/// The name that a line begins with; nothing if it begins no field. White space before the colon
/// is obsolete, and read (RFC 5322 §4.5.8).
std::string_view name_in(std::string_view line)
{
    const auto end = std::ranges::find_if_not(line, is_ftext);
    const auto name = line.substr(0, static_cast<std::size_t>(end - line.begin()));
    const auto colon = line.find_first_not_of(" \t", name.size());
    return colon != line.npos && line[colon] == ':' ? name : std::string_view();
}

bool is_mail_file_line(std::string_view line)
{
    return line.starts_with("From ") || line.starts_with(">From ");
}

/// Where the field that begins at `at` ends: behind the last of its continuation lines.
std::size_t end_of_field(std::string_view text, std::size_t at)
{
    at += line_at(text, at).size();
    while (at < text.size() && is_wsp(text[at]))
        at += line_at(text, at).size();
    return at;
}

} // namespace

std::string_view HeaderField::raw_value() const
{
    if (name.empty())
        return {};
    return raw.substr(raw.find(':', name.size()) + 1);
}

std::string HeaderField::value(std::size_t most) const
{
    auto folded = raw_value();
    folded = folded.substr(0, folded.find_last_not_of(" \t\r\n") + 1);
    folded.remove_prefix(std::min(folded.find_first_not_of(" \t\r\n"), folded.size()));
    std::string unfolded;
    for (std::size_t at = 0; at < folded.size() && unfolded.size() < most; ++at) {
        const char c = folded[at];
        const bool line_end = c == '\n' || folded.substr(at, 2) == "\r\n";
        if (line_end) {
            at += c == '\r'; // White space follows each line end inside a field.
            continue;
        }
        unfolded += c == '\r' || c == '\0' ? ' ' : c;
    }
    return unfolded;
}

bool HeaderField::is(std::string_view wanted_name) const
{
    return equal_ignoring_case(name, wanted_name);
}

HeaderBlock HeaderBlock::parse(std::string_view letter, const HeaderLimits& limits)
{
    HeaderBlock block;
    const auto text = letter.substr(0, limits.bytes);
    std::size_t at = 0;
    for (;;) {
        const auto line = line_at(text, at);
        if (is_blank(line)) {
            block.end_ = HeaderEnd::blank_line;
            block.body_offset_ = at + line.size();
            break;
        }
        const auto name = name_in(line);
        const bool field = !name.empty() || (at == 0 && is_mail_file_line(line));
        const auto end = field ? end_of_field(text, at) : at;
        const bool cut =
            letter.size() > text.size() && std::max(end, at + line.size()) == text.size();
        if (cut || !field) {
            block.end_ = cut            ? HeaderEnd::limit
                         : line.empty() ? HeaderEnd::end_of_text
                                        : HeaderEnd::no_field;
            block.body_offset_ = at;
            break;
        }
        if (block.fields_.size() < limits.fields)
            block.fields_.push_back({name, text.substr(at, end - at), at});
        else
            ++block.fields_left_out_;
        at = end;
    }
    block.text_ = letter.substr(0, at);
    return block;
}

const HeaderField* HeaderBlock::first(std::string_view name) const
{
    const auto found = std::ranges::find_if(fields_, [&](const auto& f) { return f.is(name); });
    return found == fields_.end() ? nullptr : &*found;
}

std::vector<const HeaderField*> HeaderBlock::all(std::string_view name) const
{
    std::vector<const HeaderField*> found;
    for (const auto& field : fields_)
        if (field.is(name))
            found.push_back(&field);
    return found;
}

std::size_t HeaderBlock::count(std::string_view name, std::size_t most) const
{
    std::size_t counted = 0;
    for (const auto& field : fields_)
        if (counted < most && field.is(name))
            ++counted;
    return counted;
}

bool HeaderBlock::has(std::string_view name, std::string_view value) const
{
    return std::ranges::any_of(fields_, [&](const HeaderField& field) {
        return field.is(name) && equal_ignoring_case(field.value(), value);
    });
}

} // namespace posthouse::mail
