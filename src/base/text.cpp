// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include "base/ascii.hpp"
#include "base/contract.hpp"

#include <algorithm>
#include <charconv>

namespace posthouse {
namespace {

constexpr std::string_view crockford = "0123456789abcdefghjkmnpqrstvwxyz";

/// Length of the well-formed UTF-8 sequence that `text` begins with; 0 if there is none.
std::size_t utf8_length(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto tail = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    const unsigned lead = byte(0);
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return tail(1) ? 2 : 0;
    if (lead >= 0xe0 && lead <= 0xef) {
        const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;
        const unsigned high = lead == 0xed ? 0x9f : 0xbf;
        return tail(1, low, high) && tail(2) ? 3 : 0;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
        const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;
        return tail(1, low, high) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

} // namespace

std::string lowercase(std::string_view text)
{
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), to_lower);
    return lower;
}

std::string uppercase(std::string_view text)
{
    std::string upper(text);
    std::ranges::transform(upper, upper.begin(), to_upper);
    return upper;
}

bool equal_ignoring_case(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && starts_with_ignoring_case(a, b);
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix)
{
    return text.size() >= prefix.size() &&
           std::equal(prefix.begin(), prefix.end(), text.begin(),
                      [](char a, char b) { return to_lower(a) == to_lower(b); });
}

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == text.npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_ascii(std::string_view text)
{
    return ascii_front(text) == text.size();
}

bool is_utf8(std::string_view text)
{
    for (;;) {
        text.remove_prefix(ascii_front(text));
        if (text.empty())
            return true;
        const auto length = utf8_length(text);
        if (length == 0)
            return false;
        text.remove_prefix(length);
    }
}

std::optional<std::uint64_t> parse_number(std::string_view text)
{
    std::uint64_t value = 0;
    const auto end = text.data() + text.size();
    if (text.empty() || !is_digit(text[0]))
        return std::nullopt;
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end)
        return std::nullopt;
    return value;
}

std::string printable(std::string_view text, std::size_t most)
{
    std::string shown;
    while (!text.empty() && shown.size() < most) {
        const auto length = utf8_length(text);
        const auto c = static_cast<unsigned char>(text[0]);
        if (length == 0 || c < 0x20 || c == 0x7f ||
            (c == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0))
            shown += '?';
        else
            shown += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return shown;
}

namespace {

template <class Number>
void append_big_endian(std::string& to, Number value)
{
    for (int shift = 8 * sizeof value - 8; shift >= 0; shift -= 8)
        to += static_cast<char>(value >> shift & 0xff);
}

template <class Number>
Number read_big_endian(std::string_view bytes)
{
    expects(bytes.size() >= sizeof(Number));
    Number value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i)
        value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

} // namespace

void append_u32(std::string& to, std::uint32_t value)
{
    append_big_endian(to, value);
}

void append_u64(std::string& to, std::uint64_t value)
{
    append_big_endian(to, value);
}

std::uint32_t read_u32(std::string_view bytes)
{
    return read_big_endian<std::uint32_t>(bytes);
}

std::uint64_t read_u64(std::string_view bytes)
{
    return read_big_endian<std::uint64_t>(bytes);
}

std::string base32_encode(std::uint64_t value)
{
    std::string text(13, '0');
    for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value >>= 5)
        *digit = crockford[value & 31];
    return text;
}

std::optional<std::uint64_t> base32_decode(std::string_view text)
{
    if (text.size() != 13)
        return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        const auto digit = crockford.find(to_lower(c));
        if (digit == crockford.npos || value >> 59 != 0)
            return std::nullopt;
        value = value << 5 | digit;
    }
    return value;
}

std::string hex(std::string_view bytes)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        text += digits[static_cast<unsigned char>(c) >> 4];
        text += digits[static_cast<unsigned char>(c) & 15];
    }
    return text;
}

} // namespace posthouse
