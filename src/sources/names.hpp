// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/address.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace posthouse::sources {

/// Whom a source is asked for, in the forms that its patterns name: %u, %n, %d. Letters of the
/// local part count the same in either case, and are asked for in lower case.
struct Names {
    std::string address; // %u
    std::string local;   // %n
    std::string domain;  // %d

    explicit Names(const mail::Mailbox&);
    /// What "%u", "%n" or "%d" stands for, by its letter. Null: it stands for nothing.
    const std::string* find(char letter) const;
};

/// An LDAP search filter (RFC 4515) out of a pattern: each name escaped, so that it is never
/// anything but a value. "%D" is `dn`; "%%" is "%".
std::string expand_filter(std::string_view pattern, const Names&, std::string_view dn = {});
/// RFC 4515 §3.
std::string escape_filter_value(std::string_view);

/// An address as a source has it: "alice@example.org", also Active Directory's
/// "SMTP:alice@example.org" and "smtp:…" (case tells the first from the others, and is not kept).
/// Nothing: it is none, or an address of another kind ("sip:…", "x500:…").
std::optional<mail::Mailbox> address_from(std::string_view);

} // namespace posthouse::sources
