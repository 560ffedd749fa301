// SPDX-License-Identifier: Apache-2.0
#include "imap/mailbox_name.hpp"

#include "base/text.hpp"

#include <array>

namespace posthouse::imap {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// The characters that stand for themselves; '&' does as "&-".
bool is_direct(char c)
{
    return c >= ' ' && c <= '~';
}

/// Takes one character off well-formed UTF-8.
char32_t take_character(std::string_view& text)
{
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    constexpr std::array<unsigned char, 5> masks{0, 0x7f, 0x1f, 0x0f, 0x07};
    char32_t value = lead & masks[length];
    for (std::size_t at = 1; at < length; ++at)
        value = (value << 6) | (static_cast<unsigned char>(text[at]) & 0x3f);
    text.remove_prefix(length);
    return value;
}

void append_utf8(std::string& to, char32_t value)
{
    const auto byte = [&](char32_t bits) { to += static_cast<char>(bits); };
    if (value < 0x80) {
        byte(value);
    } else if (value < 0x800) {
        byte(0xc0 | (value >> 6));
        byte(0x80 | (value & 0x3f));
    } else if (value < 0x10000) {
        byte(0xe0 | (value >> 12));
        byte(0x80 | ((value >> 6) & 0x3f));
        byte(0x80 | (value & 0x3f));
    } else {
        byte(0xf0 | (value >> 18));
        byte(0x80 | ((value >> 12) & 0x3f));
        byte(0x80 | ((value >> 6) & 0x3f));
        byte(0x80 | (value & 0x3f));
    }
}

/// 16-bit units as modified base64: no padding, ',' for '/'.
class Shifted {
public:
    explicit Shifted(std::string& to) : to_(to) {}
    void unit(std::uint32_t unit)
    {
        bits_ = (bits_ << 16) | (unit & 0xffff);
        for (count_ += 16; count_ >= 6; count_ -= 6)
            to_ += alphabet[(bits_ >> (count_ - 6)) & 0x3f];
    }
    void finish()
    {
        if (count_ != 0)
            to_ += alphabet[(bits_ << (6 - count_)) & 0x3f];
    }

private:
    std::string& to_;
    std::uint64_t bits_ = 0;
    unsigned count_ = 0;
};

/// What stands between '&' and '-'; at least one character.
bool append_shifted(std::string& to, std::string_view encoded)
{
    std::uint64_t bits = 0;
    unsigned count = 0;
    char32_t high = 0;
    for (const char c : encoded) {
        const auto value = alphabet.find(c);
        if (value == alphabet.npos)
            return false;
        bits = (bits << 6) | value;
        count += 6;
        if (count < 16)
            continue;
        count -= 16;
        const auto unit = static_cast<char32_t>((bits >> count) & 0xffff);
        if (high != 0) {
            if (unit < 0xdc00 || unit > 0xdfff)
                return false;
            append_utf8(to, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
            high = 0;
        } else if (unit >= 0xd800 && unit <= 0xdbff) {
            high = unit;
        } else if ((unit >= 0xdc00 && unit <= 0xdfff) || unit == 0) {
            return false;
        } else {
            append_utf8(to, unit);
        }
    }
    // What is left over is padding: zeros, and less than a character.
    return high == 0 && count < 6 && (bits & ((1U << count) - 1)) == 0;
}

/// The first level decides: INBOX, and all below it.
void fold_inbox(std::string& name)
{
    constexpr std::string_view inbox = "INBOX";
    if (starts_with_ignoring_case(name, inbox) &&
        (name.size() == inbox.size() || name[inbox.size()] == hierarchy_separator))
        name.replace(0, inbox.size(), inbox);
}

std::optional<std::string> read_name(std::string_view text, NameForm form)
{
    if (text.contains('\0') || !is_utf8(text))
        return std::nullopt;
    if (form == NameForm::modified_utf7 && is_ascii(text))
        return from_modified_utf7(text);
    return std::string(text);
}

} // namespace

std::string modified_utf7(std::string_view utf8)
{
    std::string result;
    while (!utf8.empty()) {
        if (is_direct(utf8[0])) {
            result += utf8[0];
            if (utf8[0] == '&')
                result += '-';
            utf8.remove_prefix(1);
            continue;
        }
        result += '&';
        Shifted shifted(result);
        while (!utf8.empty() && !is_direct(utf8[0])) {
            const auto value = take_character(utf8);
            if (value >= 0x10000) {
                shifted.unit(0xd800 + ((value - 0x10000) >> 10));
                shifted.unit(0xdc00 + ((value - 0x10000) & 0x3ff));
            } else {
                shifted.unit(value);
            }
        }
        shifted.finish();
        result += '-';
    }
    return result;
}

std::optional<std::string> from_modified_utf7(std::string_view text)
{
    std::string result;
    bool shift_ended = false; // Base64 right behind base64 is none of this form.
    while (!text.empty()) {
        if (text[0] != '&') {
            if (!is_direct(text[0]))
                return std::nullopt;
            result += text[0];
            text.remove_prefix(1);
            shift_ended = false;
            continue;
        }
        const auto end = text.find('-');
        if (end == text.npos)
            return std::nullopt;
        if (end == 1) {
            result += '&';
            shift_ended = false;
        } else {
            if (shift_ended || !append_shifted(result, text.substr(1, end - 1)))
                return std::nullopt;
            shift_ended = true;
        }
        text.remove_prefix(end + 1);
    }
    return result;
}

std::optional<MailboxName> read_mailbox_name(std::string_view text, NameForm form)
{
    auto name = read_name(text, form);
    if (!name)
        return std::nullopt;
    fold_inbox(*name);
    return MailboxName{std::move(*name)};
}

std::optional<std::string> read_pattern(std::string_view text, NameForm form)
{
    auto pattern = read_name(text, form);
    if (pattern)
        fold_inbox(*pattern);
    return pattern;
}

std::string wire_name(std::string_view utf8_name, NameForm form)
{
    return form == NameForm::utf8 ? std::string(utf8_name) : modified_utf7(utf8_name);
}

std::optional<std::string_view> new_name_fault(std::string_view name)
{
    if (name.empty())
        return "A mailbox needs a name";
    if (name.size() > 1000)
        return "The mailbox's name is too long";
    if (!is_utf8(name))
        return "The mailbox's name is not UTF-8";
    if (name.starts_with(hierarchy_separator) || name.ends_with(hierarchy_separator) ||
        name.contains("//"))
        return "A level of the mailbox's name is empty";
    if (name.contains('%') || name.contains('*'))
        return "A mailbox's name holds neither % nor *";
    for (auto rest = name; !rest.empty();) {
        const auto value = take_character(rest);
        // RFC 5198 §2: no C0 and C1 controls; RFC 9051 §5.1: nor U+2028 and U+2029.
        if (value < 0x20 || (value >= 0x7f && value < 0xa0) || value == 0x2028 || value == 0x2029)
            return "A mailbox's name holds no control characters";
        if (value == 0xfeff)
            return "A mailbox's name holds no byte order mark";
    }
    return std::nullopt;
}

} // namespace posthouse::imap
