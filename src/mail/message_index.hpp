// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "mail/mime.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What filing finds out about a letter once, so that listing, sorting and fetching never open it
/// and no reader parses it. Made by imap::index_message(), kept as mailbox.MessageSummary.
namespace posthouse::mail {

/// What can be cut out of the letter by one IMAP section number: RFC 9051 §6.4.5.1.
struct IndexedPart {
    std::string section; ///< "1.2"; empty: the letter itself, always the first entry
    std::string type;    ///< "text/plain", lower case
    std::string charset; ///< of a text as it was labelled; empty if it was not
    TransferEncoding encoding = TransferEncoding::seven_bit; ///< for BINARY[1.2]
    ByteRange mime;   ///< BODY[1.2.MIME]: with its blank line; of the letter itself: its header
    ByteRange body;   ///< BODY[1.2]; of the letter itself: all of it, BODY[]
    ByteRange header; ///< BODY[1.2.HEADER], with its blank line; length 0 if it holds no letter
    ByteRange text;   ///< BODY[1.2.TEXT], likewise
    bool holds_letter = false; ///< It has HEADER and TEXT: message/rfc822, and the letter itself.
    auto operator<=>(const IndexedPart&) const = default;
};

/// Raw header fields, as they stand in the letter.
struct HeaderCache {
    /// The fields kept, in their order, with their line ends; no blank line.
    std::string fields;
    /// Which list of names was kept: cached_fields(set). 0: none at all.
    std::uint32_t set = 0;
    /// Names of that list (lower case) that occur in the letter but are not all in `fields`.
    std::vector<std::string> missing;

    /// Are all of the letter's fields of this name here, if it has any?
    bool covers(std::string_view name) const;
    auto operator<=>(const HeaderCache&) const = default;
};

constexpr std::uint32_t newest_cached_fields = 1;
/// Lower case. Nothing for a set that is not known.
std::span<const std::string_view> cached_fields(std::uint32_t set);

struct MessageIndex {
    std::uint64_t bytes = 0;        ///< RFC822.SIZE
    std::uint64_t lines = 0;        ///< A last line without a line end counts.
    std::uint64_t header_bytes = 0; ///< With the blank line: BODY[TEXT] begins here.

    std::string envelope;       ///< ENVELOPE's value, ready to be sent: "(…)"; RFC 9051 §7.5.2
    std::string body_structure; ///< BODYSTRUCTURE's
    std::string body;           ///< BODY's

    std::vector<IndexedPart> parts;
    bool parts_left_out = false; ///< Some parts are opaque, because the letter is beyond limits.
    HeaderCache header_cache;

    /// RFC 8970: at most 200 characters and 256 bytes of UTF-8; one line. Nothing: it was left out.
    std::optional<std::string> preview;
    bool has_attachment = false;

    std::string base_subject; ///< RFC 5256 §2.1, decoded, not folded
    bool is_reply_or_forward = false;
    std::optional<Timestamp> sent;      ///< Of a Date that makes sense.
    std::int32_t sent_zone_minutes = 0; ///< For SENTSINCE and the like, which disregard it.
    /// Of the first address in From, To, Cc: the mailbox (RFC 5256 §3, decoded) …
    std::string from_mailbox, to_mailbox, cc_mailbox;
    /// … and what is shown of it (RFC 5957 §3).
    std::string from_display, to_display;

    std::string message_id;              ///< With its brackets; empty if there is none.
    std::vector<std::string> references; ///< The oldest first; or those of In-Reply-To
    auto operator<=>(const MessageIndex&) const = default;
};

struct IndexLimits {
    MimeLimits mime = {};
    std::size_t field_bytes = 4096;         ///< of a field in the cache
    std::size_t header_cache_bytes = 16384; ///< of all
    std::size_t references = 64;            ///< The oldest one and the newest are kept.
    std::size_t value_bytes = 1000;         ///< of base subject, mailboxes, ids
    std::size_t preview_characters = 200;
    std::size_t preview_bytes = 256;
    /// Of all of it as it is kept. Beyond it go, in this order: references (but the newest few),
    /// the preview, the header cache, parts.
    std::size_t bytes = 48 << 10;
};

} // namespace posthouse::mail
