// SPDX-License-Identifier: Apache-2.0
#include "mail/content_encoding.hpp"

#include "mail/lexical.hpp"

#include <algorithm>
#include <array>

namespace posthouse::mail {
namespace {

constexpr std::size_t most_columns = 76;

bool is_plain(char c)
{
    return is_printable(c) && c != '=';
}

bool is_hexadecimal(char c)
{
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
}

/// Lines of quoted-printable, of units that are not torn apart.
class Lines {
public:
    explicit Lines(std::size_t bytes) { text_.reserve(bytes + bytes / 8); }

    /// `last`: the line ends behind it.
    void add(std::string_view unit, bool last)
    {
        if (column_ + unit.size() > most_columns - (last ? 0 : 1)) { // 1: for the soft break
            text_ += "=\r\n";
            column_ = 0;
            if (unit == "-") // Else it could be the beginning of a delimiter.
                unit = "=2D";
        }
        text_ += unit;
        column_ += unit.size();
    }
    void add_encoded(char c, bool last)
    {
        constexpr std::string_view digits = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        const std::array<char, 3> unit{'=', digits[byte >> 4], digits[byte & 15]};
        add({unit.data(), unit.size()}, last);
    }
    void end(std::string_view line_end)
    {
        text_ += line_end;
        column_ = 0;
    }
    std::string take() { return std::move(text_); }

private:
    std::string text_;
    std::size_t column_ = 0;
};

} // namespace

bool prefers_base64(std::string_view body)
{
    const auto encoded = static_cast<std::size_t>(
        std::ranges::count_if(body, [](char c) { return is_non_ascii(c) || c == '\0'; }));
    return encoded > body.size() / 4;
}

std::string encode_quoted_printable(std::string_view body)
{
    Lines lines(body.size());
    for (std::size_t at = 0; at < body.size(); ++at) {
        const auto rest = body.substr(at + 1);
        if (body[at] == '\r' && rest.starts_with('\n')) {
            lines.end("\r\n");
            ++at;
            continue;
        }
        const bool last = rest.empty() || rest.starts_with("\r\n");
        const char c = body[at];
        if ((is_plain(c) && (c != ' ' || !last)) || (c == '\t' && !last))
            lines.add({&c, 1}, last);
        else
            lines.add_encoded(c, last);
    }
    return lines.take();
}

std::string rewrap_quoted_printable(std::string_view body)
{
    Lines lines(body.size());
    for (std::size_t at = 0; at < body.size();) {
        const auto rest = body.substr(at);
        if (rest.starts_with("\r\n") || rest.starts_with('\n')) {
            lines.end("\r\n");
            at += rest.starts_with('\n') ? 1 : 2;
            continue;
        }
        const bool is_code = rest.size() >= 3 && rest[0] == '=' && is_hexadecimal(rest[1]) &&
                             is_hexadecimal(rest[2]);
        const std::size_t length = is_code ? 3 : 1;
        const auto behind = rest.substr(length);
        const bool last = behind.empty() || behind.starts_with("\r\n") || behind.starts_with('\n');
        if (is_non_ascii(rest[0]))
            lines.add_encoded(rest[0], last);
        else
            lines.add(rest.substr(0, length), last);
        at += length;
    }
    return lines.take();
}

std::string rewrap_base64(std::string_view body)
{
    std::string text;
    text.reserve(body.size() + body.size() / 38 + 2);
    std::size_t column = 0;
    for (const char c : body) {
        if (!is_let_dig(c) && c != '+' && c != '/' && c != '=')
            continue;
        text += c;
        if (++column == most_columns) {
            text += "\r\n";
            column = 0;
        }
    }
    if (column > 0)
        text += "\r\n";
    return text;
}

} // namespace posthouse::mail
