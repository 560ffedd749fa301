// SPDX-License-Identifier: Apache-2.0
#include "mail/base64.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace posthouse::mail {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t invalid = 0xff;

constexpr auto values = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(invalid);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    return table;
}();

void encode(std::string_view bytes, std::string& to)
{
    for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(bytes.size(), 3))) {
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i)
            group = group << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i)
            to += i <= bytes.size() ? alphabet[group >> (18 - 6 * i) & 63] : '=';
    }
}

} // namespace

std::string base64(std::string_view bytes)
{
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    encode(bytes, text);
    return text;
}

std::string base64_lines(std::string_view bytes)
{
    constexpr std::size_t bytes_of_a_line = 57;
    std::string text;
    text.reserve((bytes.size() / bytes_of_a_line + 1) * 78);
    for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), bytes_of_a_line))) {
        encode(bytes.substr(0, bytes_of_a_line), text);
        text += "\r\n";
    }
    return text;
}

std::optional<std::string> decode_base64(std::string_view text)
{
    if (text.size() % 4 != 0)
        return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (; !text.empty(); text.remove_prefix(4)) {
        const bool last = text.size() == 4;
        const std::size_t padding = last && text.ends_with("==")  ? 2
                                    : last && text.ends_with('=') ? 1
                                                                  : 0;
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 4 - padding; ++i) {
            const auto value = values[static_cast<unsigned char>(text[i])];
            if (value == invalid)
                return std::nullopt;
            group |= static_cast<std::uint32_t>(value) << (18 - 6 * i);
        }
        if ((group & ((1U << (8 * padding)) - 1)) != 0) // Bits that no byte has.
            return std::nullopt;
        for (std::size_t i = 0; i < 3 - padding; ++i)
            bytes += static_cast<char>(group >> (16 - 8 * i) & 0xff);
    }
    return bytes;
}

} // namespace posthouse::mail
