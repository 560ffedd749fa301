// SPDX-License-Identifier: Apache-2.0
#include "moving/letter_text.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace posthouse::moving {
namespace {

constexpr std::size_t longest_front = 512; // of a line, looked at for what it is

/// ">From ", ">>From ", …; `known` may end before it is clear.
enum class Quoted : std::uint8_t { yes, no, unclear };
Quoted is_quoted(std::string_view known)
{
    if (!known.starts_with('>'))
        return known.empty() ? Quoted::unclear : Quoted::no;
    const auto behind = known.find_first_not_of('>');
    if (behind == known.npos)
        return known.size() < longest_front ? Quoted::unclear : Quoted::no;
    constexpr std::string_view from = "From ";
    const auto rest = known.substr(behind, from.size());
    if (rest == from)
        return Quoted::yes;
    return from.starts_with(rest) && known.size() < longest_front ? Quoted::unclear : Quoted::no;
}

std::string_view field_name(std::string_view line)
{
    const auto colon = line.find(':');
    auto name = line.substr(0, colon == line.npos ? 0 : colon);
    while (name.ends_with(' ') || name.ends_with('\t'))
        name.remove_suffix(1);
    return name;
}

} // namespace

bool is_mbox_field(std::string_view name)
{
    static constexpr std::array<std::string_view, 8> names{"Status", "X-Status",      "X-Keywords",
                                                           "X-UID",  "X-IMAP",        "X-IMAPbase",
                                                           "X-UIDL", "Content-Length"};
    return std::ranges::any_of(names, [&](auto known) { return equal_ignoring_case(known, name); });
}

/// Is enough of the line there to say what becomes of it?
bool LetterText::decided(std::string_view line) const
{
    if (form_ == Form::maildir)
        return true;
    if (!in_header_)
        return form_ == Form::mbox || is_quoted(line) != Quoted::unclear;
    return line.size() >= longest_front || line.contains(':') || line.starts_with(' ') ||
           line.starts_with('\t');
}

void LetterText::line_begins(std::string_view known, std::string& to)
{
    if (form_ != Form::maildir && in_header_) {
        if (known == "\n" || known == "\r\n") {
            in_header_ = false;
            skipping_ = false;
        } else if (!known.starts_with(' ') && !known.starts_with('\t')) {
            skipping_ = is_mbox_field(field_name(known));
        }
    } else if (form_ == Form::mbox_quoted || form_ == Form::mbox_quoted_once) {
        if (is_quoted(known) == Quoted::yes &&
            (form_ == Form::mbox_quoted || known.starts_with(">F")))
            known.remove_prefix(1);
    }
    if (!skipping_)
        put(known, to);
}

void LetterText::put(std::string_view bytes, std::string& to)
{
    for (const char c : bytes) {
        if (c == '\n' && last_ != '\r')
            to += '\r';
        to += c;
        last_ = c;
    }
}

std::string LetterText::take(std::string_view bytes)
{
    std::string to;
    to.reserve(bytes.size() + bytes.size() / 32);
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        const bool whole = end != bytes.npos;
        const auto part = bytes.substr(0, whole ? end + 1 : bytes.size());
        bytes.remove_prefix(part.size());
        if (in_line_) {
            if (!skipping_)
                put(part, to);
        } else if (line_.empty() && (whole || decided(part))) {
            line_begins(part, to);
            in_line_ = true;
        } else {
            line_ += part;
            if (!whole && !decided(line_))
                continue;
            line_begins(line_, to);
            line_.clear();
            in_line_ = true;
        }
        if (whole)
            in_line_ = false;
    }
    return to;
}

std::string LetterText::finish()
{
    std::string to;
    if (!line_.empty())
        line_begins(line_, to);
    line_.clear();
    return to;
}

Result<std::string> OpenLetter::read()
{
    while (at_ < end_) {
        auto bytes = file_->read(
            at_, static_cast<std::size_t>(std::min<std::uint64_t>(Limits::piece, end_ - at_)));
        if (!bytes)
            return bytes;
        if (bytes->empty())
            return std::unexpected(std::string("the file became shorter"));
        at_ += bytes->size();
        if (auto text = text_.take(*bytes); !text.empty())
            return text;
    }
    return text_.finish();
}

} // namespace posthouse::moving
