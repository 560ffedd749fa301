// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/sendmail_options.hpp"
#include "mail/address.hpp"
#include "mail/drop.hpp"

#include <expected>
#include <string>
#include <string_view>
#include <vector>

/// The envelope of a letter that the sendmail command is given. No I/O.
namespace posthouse::cli {

struct RefusedRecipient {
    std::string address;
    int code = 0;
    std::string reason;
    bool operator==(const RefusedRecipient&) const = default;
};

/// -f: "" and "<>" are the null sender; a name without a domain is one of `hostname`. The error
/// is a sentence.
std::expected<mail::ReversePath, std::string> parse_sender(std::string_view written,
                                                           const mail::Domain& hostname);

struct RecipientList {
    std::vector<mail::ForwardPath> accepted; // each once, in their order
    std::vector<RefusedRecipient> refused;   // no addresses
};

/// Each of `written` is an address list, as on a command line or in a header.
RecipientList parse_recipients(const std::vector<std::string>& written,
                               const mail::Domain& hostname);

/// At most DropLimits::recipients of each.
std::vector<std::vector<mail::ForwardPath>> in_batches(std::vector<mail::ForwardPath>);

/// The same letter asks for SMTPUTF8 (RFC 6531 §3.4) where one of its addresses does.
bool needs_utf8(const mail::Drop&);

} // namespace posthouse::cli
