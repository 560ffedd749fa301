// SPDX-License-Identifier: Apache-2.0
#include "mail/utf8.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace posthouse::mail {
namespace {

unsigned char byte_at(std::string_view text, std::size_t at)
{
    return static_cast<unsigned char>(text[at]);
}

bool continues(char c)
{
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

/// What a character that begins so has; 0 for a byte that begins none.
std::size_t length_by(unsigned char first)
{
    return first < 0x80    ? 1
           : first < 0xc2  ? 0
           : first < 0xe0  ? 2
           : first < 0xf0  ? 3
           : first <= 0xf4 ? 4
                           : 0;
}

} // namespace

void append_utf8(std::string& to, char32_t character)
{
    if (character > 0x10ffff || (character >= 0xd800 && character < 0xe000))
        character = replacement_character;
    const auto trail = [&](unsigned shift) {
        to += static_cast<char>(0x80 | (character >> shift & 0x3f));
    };
    if (character < 0x80) {
        to += static_cast<char>(character);
    } else if (character < 0x800) {
        to += static_cast<char>(0xc0 | character >> 6);
        trail(0);
    } else if (character < 0x10000) {
        to += static_cast<char>(0xe0 | character >> 12);
        trail(6);
        trail(0);
    } else {
        to += static_cast<char>(0xf0 | character >> 18);
        trail(12);
        trail(6);
        trail(0);
    }
}

std::size_t utf8_length(std::string_view text)
{
    if (text.empty())
        return 0;
    const auto length = length_by(byte_at(text, 0));
    return length <= text.size() && length > 0 && is_utf8(text.substr(0, length)) ? length : 0;
}

std::string_view utf8_front(std::string_view text, std::size_t most_bytes)
{
    if (text.size() <= most_bytes)
        return text;
    auto end = most_bytes;
    while (end > 0 && most_bytes - end < 3 && continues(text[end]))
        --end;
    return text.substr(0, end);
}

std::string well_formed_utf8(std::string_view text)
{
    if (is_utf8(text))
        return std::string(text);
    std::string formed;
    while (!text.empty()) {
        const auto length = utf8_length(text);
        if (length > 0) {
            formed += text.substr(0, length);
            text.remove_prefix(length);
            continue;
        }
        formed += replacement_utf8;
        // A cut character is one mistake, not one for each of its bytes.
        std::size_t wrong = 1;
        const auto wanted = length_by(byte_at(text, 0));
        while (wrong < wanted && wrong < text.size() && continues(text[wrong]))
            ++wrong;
        text.remove_prefix(wrong == wanted ? 1 : wrong); // Whole but wrong: overlong, a surrogate
    }
    return formed;
}

std::size_t unfinished_utf8(std::string_view text)
{
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
        const auto first = byte_at(text, text.size() - back);
        if (!continues(static_cast<char>(first)))
            return length_by(first) > back ? back : 0;
    }
    return 0;
}

} // namespace posthouse::mail
