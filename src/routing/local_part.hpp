// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/address.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Local parts as the tables have them. A `%`, `!` or `@` in one means nothing: it is looked up as
/// it is written and never routed on.
namespace posthouse::routing {

/// user+detail
struct Detail {
    std::string_view user;
    std::string_view detail;    // without the separator
    std::string_view separated; // with it
    std::string wildcard;       // "user+*"
};
/// nullopt: there is none. A separator in front begins none.
std::optional<Detail> detail_of(std::string_view local_part, std::string_view separators);

/// As a key of a table: lower case, the local part quoted where it must be, so that no local part
/// reads like an address or a tag.
std::string key_of(std::string_view local_part, std::string_view domain);
/// A bare name as a key; nothing where it could be taken for an address.
std::optional<std::string> name_key_of(std::string_view local_part);

/// May this be an alias's or a login's name: an atom with dots?
bool is_local_name(std::string_view);

/// `%1`, `%2`, `%3` (and `%0`, the key) in a table's text.
struct Arguments {
    std::string_view key, first, second, third;
};
std::string filled(std::string_view text, const Arguments&);
/// An address of a table's text, whose domain is the one that the text has: a local part with an
/// `@` in it, quoted, says nothing about where the letter goes. A text without `@` is a local
/// user's name, as it is.
struct FilledAddress {
    std::string local_part;
    std::optional<mail::Mailbox> mailbox; // of a text with a domain; nullopt: it would be none
    bool is_name = false;
};
FilledAddress filled_address(std::string_view text, const Arguments&);

/// local_part@domain, quoted where it must be.
std::optional<mail::Mailbox> mailbox_at(std::string_view local_part, std::string_view domain);

} // namespace posthouse::routing
