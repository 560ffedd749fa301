// SPDX-License-Identifier: Apache-2.0
#include "mail/delivery_terms.hpp"

#include "mail/lexical.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace posthouse::mail {
namespace {

constexpr std::array<std::pair<std::string_view, std::uint8_t>, 3> events{
    {{"SUCCESS", notify::success}, {"FAILURE", notify::failure}, {"DELAY", notify::delay}}};

/// xchar, RFC 3461 §4
constexpr bool is_xchar(char c)
{
    return c >= '!' && c <= '~' && c != '+' && c != '=';
}

std::optional<std::uint32_t> hex_digit(char c)
{
    if (is_digit(c))
        return static_cast<std::uint32_t>(c - '0');
    if (to_upper(c) >= 'A' && to_upper(c) <= 'F')
        return static_cast<std::uint32_t>(to_upper(c) - 'A' + 10);
    return std::nullopt;
}

void append_utf8(std::string& to, std::uint32_t point)
{
    const auto tail = [&](unsigned shift) {
        to += static_cast<char>(0x80u | ((point >> shift) & 0x3fu));
    };
    if (point < 0x80) {
        to += static_cast<char>(point);
    } else if (point < 0x800) {
        to += static_cast<char>(0xc0u | (point >> 6));
        tail(0);
    } else if (point < 0x10000) {
        to += static_cast<char>(0xe0u | (point >> 12));
        tail(6);
        tail(0);
    } else {
        to += static_cast<char>(0xf0u | (point >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
}

/// EmbeddedUnicodeChar, RFC 6533 §3, off the front; nothing: there is none.
std::optional<std::uint32_t> take_embedded_character(std::string_view& text)
{
    const auto end = text.find('}');
    if (!text.starts_with("\\x{") || end == text.npos || end < 5 || end > 9)
        return std::nullopt;
    std::uint32_t point = 0;
    for (const char c : text.substr(3, end - 3)) {
        const auto digit = hex_digit(c);
        if (!digit)
            return std::nullopt;
        point = point << 4 | *digit;
    }
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        return std::nullopt;
    text.remove_prefix(end + 1);
    return point;
}

/// Whatever is not such a character stays as it is: RFC 6533 §3.
std::string decode_unitext(std::string_view text)
{
    std::string decoded;
    while (!text.empty()) {
        if (const auto point = take_embedded_character(text)) {
            append_utf8(decoded, *point);
            continue;
        }
        decoded += text.front();
        text.remove_prefix(1);
    }
    return decoded;
}

std::string encode_unitext(std::string_view text, Charset charset)
{
    std::string encoded;
    for (std::size_t at = 0; at < text.size();) {
        const auto lead = static_cast<unsigned char>(text[at]);
        const std::size_t length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        const auto bytes = text.substr(at, length);
        at += bytes.size();
        std::uint32_t point = length == 1 ? lead : lead & (0x7fu >> length);
        for (const char c : bytes.substr(1))
            point = point << 6 | (static_cast<unsigned char>(c) & 0x3fu);
        if (length == 1 ? is_xchar(bytes[0]) && bytes[0] != '\\' : charset == Charset::utf8)
            encoded += bytes;
        else
            encoded += fmt::format("\\x{{{:02X}}}", point);
    }
    return encoded;
}

bool is_plain_ascii(std::string_view text)
{
    return std::ranges::all_of(text, is_printable);
}

} // namespace

std::optional<std::uint8_t> parse_notify(std::string_view text)
{
    if (equal_ignoring_case(text, "NEVER"))
        return notify::never;
    std::uint8_t bits = 0;
    for (;;) {
        const auto comma = text.find(',');
        const auto word = text.substr(0, comma);
        const auto* const event = std::ranges::find_if(
            events, [&](const auto& known) { return equal_ignoring_case(known.first, word); });
        if (event == events.end())
            return std::nullopt;
        bits = static_cast<std::uint8_t>(bits | event->second);
        if (comma == text.npos)
            return bits;
        text.remove_prefix(comma + 1);
    }
}

std::string notify_text(std::uint8_t bits)
{
    if ((bits & notify::never) != 0)
        return "NEVER";
    std::string text;
    for (const auto& [name, bit] : events)
        if ((bits & bit) != 0)
            text += (text.empty() ? "" : ",") + std::string(name);
    return text;
}

std::optional<Return> parse_return(std::string_view text)
{
    if (equal_ignoring_case(text, "FULL"))
        return Return::full;
    if (equal_ignoring_case(text, "HDRS"))
        return Return::headers;
    return std::nullopt;
}

std::string_view return_text(Return what)
{
    return what == Return::full ? "FULL" : what == Return::headers ? "HDRS" : "";
}

std::string encode_xtext(std::string_view text)
{
    std::string encoded;
    for (const char c : text) {
        if (is_xchar(c))
            encoded += c;
        else
            encoded += fmt::format("+{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

std::optional<std::string> decode_xtext(std::string_view text)
{
    std::string decoded;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (is_xchar(text[at])) {
            decoded += text[at];
            continue;
        }
        if (text[at] != '+' || at + 2 >= text.size())
            return std::nullopt;
        const auto high = hex_digit(text[at + 1]);
        const auto low = hex_digit(text[at + 2]);
        if (!high || !low)
            return std::nullopt;
        decoded += static_cast<char>(*high << 4 | *low);
        at += 2;
    }
    return decoded;
}

std::optional<std::string> parse_envelope_id(std::string_view xtext)
{
    if (xtext.empty() || xtext.size() > DeliveryTermsLimits::envelope_id_bytes)
        return std::nullopt;
    auto id = decode_xtext(xtext);
    return id && is_plain_ascii(*id) ? id : std::nullopt;
}

std::optional<std::string> parse_original_recipient(std::string_view text)
{
    const auto semicolon = text.find(';');
    if (semicolon == text.npos || text.size() > DeliveryTermsLimits::original_recipient_bytes)
        return std::nullopt;
    const auto type = text.substr(0, semicolon);
    const auto address = text.substr(semicolon + 1);
    if (type.empty() || address.empty() || !std::ranges::all_of(type, is_atext))
        return std::nullopt;
    if (!equal_ignoring_case(type, "utf-8")) {
        const auto decoded = decode_xtext(address);
        if (!decoded || !is_plain_ascii(*decoded))
            return std::nullopt;
        return lowercase(type) + ';' + *decoded;
    }
    const auto decoded = decode_unitext(address);
    if (!is_plain_utf8(decoded) ||
        std::ranges::any_of(decoded, [](char c) { return !is_non_ascii(c) && !is_printable(c); }))
        return std::nullopt;
    return "utf-8;" + decoded;
}

std::string original_recipient_text(std::string_view decoded, Charset charset)
{
    const auto semicolon = std::min(decoded.find(';'), decoded.size());
    const auto type = decoded.substr(0, semicolon);
    const auto address = decoded.substr(std::min(semicolon + 1, decoded.size()));
    return std::string(type) + ';' +
           (type == "utf-8" ? encode_unitext(address, charset) : encode_xtext(address));
}

} // namespace posthouse::mail
