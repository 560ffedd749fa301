// SPDX-License-Identifier: Apache-2.0
#include "imap/envelope.hpp"

#include "base/text.hpp"
#include "mail/address_list.hpp"
#include "mail/lexical.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <vector>

namespace posthouse::imap {
namespace {

using mail::AddressEntry;
using mail::HeaderBlock;

bool fits_quoted(char c)
{
    return !mail::is_non_ascii(c) && c != '\r' && c != '\n' && c != '\0';
}

/// One address, or a group's begin or end: RFC 9051 §7.5.2. A part that an address lacks is an
/// empty text, since NIL would make a group of it.
std::string address_text(const AddressEntry& entry, std::size_t most)
{
    const auto front = [most](const std::string& text) {
        return std::string_view(text).substr(0, most);
    };
    switch (entry.kind) {
    case AddressEntry::Kind::group_begin:
        return "(NIL NIL " + imap_string(front(entry.name)) + " NIL)";
    case AddressEntry::Kind::group_end:
        return "(NIL NIL NIL NIL)";
    case AddressEntry::Kind::mailbox:
        break;
    }
    return '(' + imap_nstring(front(entry.name)) + " NIL " + imap_string(front(entry.local_part)) +
           ' ' + imap_string(front(entry.domain)) + ')';
}

/// All fields of that name as if they were one, so that none that a filter did not see is shown
/// for one that it saw. Empty, if there are no addresses.
std::string addresses_text(const HeaderBlock& header, std::string_view name,
                           const EnvelopeLimits& limits, std::size_t most_bytes)
{
    std::string list;
    std::size_t count = 0;
    bool in_group = false;
    for (const auto* field : header.all(name)) {
        const auto parsed = mail::parse_address_list(field->raw_value());
        for (const auto& entry : parsed.entries) {
            const auto text = address_text(entry, limits.value_bytes);
            if (++count > limits.addresses || list.size() + text.size() > most_bytes)
                return (list.empty() ? "" : list + (in_group ? "(NIL NIL NIL NIL)" : "")) +
                       (list.empty() ? "" : ")");
            list += (list.empty() ? "(" : "") + text;
            if (entry.kind != AddressEntry::Kind::mailbox)
                in_group = entry.kind == AddressEntry::Kind::group_begin;
        }
    }
    return list.empty() ? list : list + ')';
}

std::string field_text(const HeaderBlock& header, std::string_view name, std::size_t most)
{
    const auto* const field = header.first(name);
    return field == nullptr ? "NIL" : imap_string(field->value(most));
}

} // namespace

std::string imap_string(std::string_view text)
{
    std::string clean(text);
    std::ranges::replace(clean, '\0', ' ');
    if (std::ranges::all_of(clean, fits_quoted))
        return mail::quoted(clean);
    return fmt::format("{{{}}}\r\n", clean.size()) + clean;
}

std::string imap_nstring(std::string_view text)
{
    return text.empty() ? "NIL" : imap_string(text);
}

std::string envelope_text(const HeaderBlock& header, const EnvelopeLimits& limits)
{
    static constexpr std::array<std::string_view, 6> names = {"From", "Sender", "Reply-To",
                                                              "To",   "Cc",     "Bcc"};
    // What one string takes cannot be more than the whole: a share for each.
    const auto value_bytes = std::min(limits.value_bytes, limits.bytes / 8);
    std::string text = '(' + field_text(header, "Date", value_bytes) + ' ' +
                       field_text(header, "Subject", value_bytes);
    const auto reply = field_text(header, "In-Reply-To", value_bytes);
    const auto id = field_text(header, "Message-ID", value_bytes);
    std::string from;
    for (const auto name : names) {
        const auto used = text.size() + reply.size() + id.size() + 32;
        const auto left = limits.bytes - std::min(limits.bytes, used);
        // Sender and Reply-To are mostly From's again.
        auto list = addresses_text(header, name, limits, name == "From" ? left / 4 : left);
        if (name == "From")
            from = list;
        else if (list.empty() && (name == "Sender" || name == "Reply-To"))
            list = from;
        text += ' ' + (list.empty() ? "NIL" : list);
    }
    return text + ' ' + reply + ' ' + id + ')';
}

} // namespace posthouse::imap
