// SPDX-License-Identifier: Apache-2.0
#include "mail/address.hpp"
#include "mail/lexical.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace posthouse::mail {
namespace {

constexpr std::size_t most_domain_bytes = 255; // RFC 5321 §4.5.3.1.2
constexpr std::size_t most_label_bytes = 63;   // RFC 1035 §2.3.4

std::unexpected<AddressError> wrong(std::string what)
{
    return std::unexpected(AddressError{std::move(what)});
}

bool is_ip_address(int family, std::string_view text)
{
    std::array<unsigned char, 16> address;
    return ::inet_pton(family, std::string(text).c_str(), address.data()) == 1;
}

/// Ldh-str, RFC 5321 §4.1.2; a tag or (with the underscore that DNS does not mind) a label.
bool is_ldh(std::string_view text)
{
    const auto fits = [](char c) {
        return is_let_dig(c) || is_non_ascii(c) || c == '-' || c == '_';
    };
    return !text.empty() && text.front() != '-' && text.back() != '-' &&
           std::ranges::all_of(text, fits);
}

/// Spaces, invisible marks, and the dots that IDNA would turn into label separators (RFC 5895 §2):
/// a name with them reads differently for the next program.
bool has_misleading_character(std::string_view name)
{
    static constexpr std::array<std::string_view, 5> marks = {
        "\xc2\xa0", "\xe3\x80\x80", "\xe3\x80\x82", "\xef\xbc\x8e", "\xef\xbd\xa1"};
    if (std::ranges::any_of(marks, [&](auto mark) { return name.contains(mark); }) ||
        name.contains("\xef\xbb\xbf"))
        return true;
    for (auto at = name.find("\xe2\x80"); at != name.npos; at = name.find("\xe2\x80", at + 1)) {
        const auto last = static_cast<unsigned char>(name[at + 2]); // U+2000 to U+200F, U+2028 …
        // U+200C and U+200D are letters' joiners, which some languages need (RFC 5892 §A.1).
        if ((last <= 0x8f && last != 0x8c && last != 0x8d) || (last >= 0xa8 && last <= 0xaf))
            return true;
    }
    return false;
}

/// What is wrong with an address literal, RFC 5321 §4.1.3; empty if nothing.
std::string fault_in_literal(std::string_view text)
{
    if (text.size() < 3 || text.back() != ']')
        return "the address literal is not closed";
    const auto inside = text.substr(1, text.size() - 2);
    if (!std::ranges::all_of(inside, is_dcontent))
        return "the address literal holds a character that it may not";
    const auto colon = inside.find(':');
    if (colon == inside.npos)
        return is_ip_address(AF_INET, inside) ? "" : "the address literal is not an IPv4 address";
    const auto tag = inside.substr(0, colon);
    const auto address = inside.substr(colon + 1);
    if (equal_ignoring_case(tag, "ipv6"))
        return is_ip_address(AF_INET6, address) ? "" : "the address literal is not an IPv6 address";
    // Hexadecimal is no tag but an IPv6 address whose tag was forgotten.
    if (tag.find_first_not_of("0123456789abcdefABCDEF") == tag.npos)
        return "the address literal has no tag";
    return is_ldh(tag) && !address.empty() ? "" : "the address literal has no known form";
}

std::string fault_in_name(std::string_view name)
{
    if (has_misleading_character(name))
        return "the domain holds a character that it may not";
    std::string_view label;
    for (auto rest = name;;) {
        const auto dot = rest.find('.');
        label = rest.substr(0, dot);
        if (label.empty())
            return "the domain has an empty label";
        if (label.size() > most_label_bytes)
            return "the domain has a label over 63 bytes";
        if (!is_ldh(label))
            return "the domain holds a character that it may not";
        if (dot == rest.npos)
            break;
        rest.remove_prefix(dot + 1);
    }
    // A host name never looks like a bare IP address: RFC 1123 §2.1.
    if (std::ranges::all_of(label, is_digit))
        return "the domain is a number; an IP address stands in brackets";
    return {};
}

} // namespace

std::expected<Domain, AddressError> Domain::parse(std::string_view text, Charset charset)
{
    if (text.empty())
        return wrong("the domain is missing");
    if (!is_ascii(text) && (charset == Charset::ascii || !is_plain_utf8(text)))
        return wrong(charset == Charset::ascii ? "the domain is not ASCII"
                                               : "the domain is not well-formed UTF-8");
    const bool literal = text.front() == '[';
    if (!literal && text.ends_with('.'))
        text.remove_suffix(1);
    if (text.size() > most_domain_bytes)
        return wrong("the domain is longer than 255 bytes");
    if (auto fault = literal ? fault_in_literal(text) : fault_in_name(text); !fault.empty())
        return wrong(std::move(fault));
    return Domain(lowercase(text));
}

} // namespace posthouse::mail
