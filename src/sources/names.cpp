// SPDX-License-Identifier: Apache-2.0
#include "sources/names.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace posthouse::sources {
namespace {

/// The scheme of a proxy address; the local part of an address with a colon would be quoted.
bool has_scheme(std::string_view text)
{
    const auto colon = text.find(':');
    return colon != std::string_view::npos && colon > 0 && is_alpha(text.front()) &&
           std::ranges::all_of(text.substr(0, colon),
                               [](char c) { return is_alpha(c) || is_digit(c); });
}

} // namespace

Names::Names(const mail::Mailbox& mailbox)
    : local(lowercase(mailbox.local_part())),
      domain(mailbox.domain().text())
{
    address = lowercase(mailbox.text());
}

const std::string* Names::find(char letter) const
{
    switch (letter) {
    case 'u':
        return &address;
    case 'n':
        return &local;
    case 'd':
        return &domain;
    default:
        return nullptr;
    }
}

std::string escape_filter_value(std::string_view value)
{
    constexpr std::string_view special = "*()\\";
    std::string escaped;
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f || special.contains(c))
            escaped += '\\' + hex(std::string_view(&c, 1));
        else
            escaped += c;
    }
    return escaped;
}

std::string expand_filter(std::string_view pattern, const Names& names, std::string_view dn)
{
    std::string filter;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] != '%' || i + 1 == pattern.size()) {
            filter += pattern[i];
            continue;
        }
        const char letter = pattern[++i];
        if (letter == '%')
            filter += '%';
        else if (letter == 'D')
            filter += escape_filter_value(dn);
        else if (const auto* name = names.find(letter))
            filter += escape_filter_value(*name);
        else
            (filter += '%') += letter;
    }
    return filter;
}

std::optional<mail::Mailbox> address_from(std::string_view text)
{
    text = trimmed(text);
    if (starts_with_ignoring_case(text, "smtp:"))
        text.remove_prefix(5);
    else if (has_scheme(text))
        return std::nullopt;
    auto parsed = mail::Mailbox::parse(text);
    if (!parsed)
        return std::nullopt;
    return std::move(*parsed);
}

} // namespace posthouse::sources
