// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The addresses of From, To, Cc and the like: RFC 5322 §3.4, §4.4; UTF-8 by RFC 6532 §3.2.
/// What a letter's header says was never checked by anyone: an entry is no Mailbox before
/// Mailbox::parse(entry.address()) says so, and its bytes may not even be UTF-8.
namespace posthouse::mail {

struct AddressEntry {
    /// The mailboxes between group_begin and group_end are a group's. Groups do not nest.
    enum class Kind : std::uint8_t { mailbox, group_begin, group_end };
    Kind kind = Kind::mailbox;
    /// The display name, or the group's name: unquoted, encoded words (RFC 2047) left as they
    /// are. Where there is none, the comment that old programs wrote the name into.
    std::string name;
    std::string local_part; ///< Unquoted.
    std::string domain;     ///< Empty if only a local part was written.

    /// local-part@domain, quoted where it must be; empty if there is no address.
    std::string address() const;
    auto operator<=>(const AddressEntry&) const = default;
};

struct AddressListLimits {
    std::size_t bytes = 1 << 18; ///< What is behind is not read.
    std::size_t entries = 5000;  ///< Without the group_end that closes the last group.
};

struct AddressList {
    std::vector<AddressEntry> entries;
    bool well_formed = true;    ///< Nothing was guessed or passed over.
    bool complete = true;       ///< No limit was met.
    bool lacks_domains = false; ///< All that is not well-formed is names without a domain.
};

/// Reads a field's value, folded or not. Finds what can be found in any text: routes, empty
/// elements and space between all parts as RFC 5322 §4.4 has them, names without quotes, brackets
/// and groups that never close, semicolons for commas.
AddressList parse_address_list(std::string_view value, const AddressListLimits& = {});

/// The entries on one line, such that reading it finds the same ones.
std::string address_list_text(std::span<const AddressEntry>);

} // namespace posthouse::mail
