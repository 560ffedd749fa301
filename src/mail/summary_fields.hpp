// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message_index.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// How parts of a MessageIndex travel from who keeps it to who answers with it. What is read need
/// not be well-formed; what is not is nothing.
namespace posthouse::mail {

/// The table of parts.
std::string pack_parts(std::span<const IndexedPart>);
std::optional<std::vector<IndexedPart>> unpack_parts(std::string_view);
/// One of them, without unpacking them all.
std::optional<IndexedPart> find_part(std::string_view packed, std::string_view section);

std::string pack_header_cache(const HeaderCache&);
std::optional<HeaderCache> unpack_header_cache(std::string_view);

/// What SORT and THREAD=ORDEREDSUBJECT go by: RFC 5256 §3, RFC 5957 §3.
struct SortKeys {
    std::string base_subject;
    bool is_reply_or_forward = false;
    std::optional<std::int64_t> sent; ///< Microseconds since 1970; nothing: the internal date
    std::string from_mailbox, to_mailbox, cc_mailbox, from_display, to_display;
    bool operator==(const SortKeys&) const = default;
};
SortKeys sort_keys_of(const MessageIndex&);
std::string pack_sort_keys(const SortKeys&);
std::optional<SortKeys> unpack_sort_keys(std::string_view);

/// What THREAD=REFERENCES goes by besides: RFC 5256 §3.
struct ThreadLinks {
    std::string message_id;
    std::vector<std::string> references; ///< The oldest first.
    bool operator==(const ThreadLinks&) const = default;
};
std::string pack_references(const ThreadLinks&);
std::optional<ThreadLinks> unpack_references(std::string_view);

} // namespace posthouse::mail
