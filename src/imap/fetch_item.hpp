// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What FETCH asks for: RFC 9051 §6.4.5, RFC 3501 §6.4.5 (RFC822…), RFC 3516 (BINARY),
/// RFC 7162 §3.1.4 (MODSEQ), RFC 8474 (EMAILID, THREADID), RFC 8514 (SAVEDATE), RFC 8970 (PREVIEW).
namespace posthouse::imap {

/// What of a message is meant: the part by its numbers (none: the whole message), and of that
/// `text`.
struct Section {
    enum class Text : std::uint8_t {
        all,
        header,
        header_fields,
        header_fields_not,
        text,
        mime, ///< Only with a part.
    };
    std::vector<std::uint32_t> part;
    Text text = Text::all;
    std::vector<std::string> fields; ///< As they were written; for header_fields and …_not.
    bool operator==(const Section&) const = default;
};

/// `<offset.count>`
struct PartialBytes {
    std::uint64_t offset = 0, count = 0;
    bool operator==(const PartialBytes&) const = default;
};

struct FetchItem {
    enum class Kind : std::uint8_t {
        flags,
        uid,
        internal_date,
        rfc822_size,
        envelope,
        body, ///< BODYSTRUCTURE without its extension data.
        body_structure,
        modseq,
        email_id,
        thread_id,
        save_date,
        preview,
        body_section,  ///< BODY[…], BODY.PEEK[…]
        binary,        ///< BINARY[…], BINARY.PEEK[…]
        binary_size,   ///< BINARY.SIZE[…]
        rfc822,        ///< BODY[] under an older name, as are the next two:
        rfc822_header, ///< BODY.PEEK[HEADER]
        rfc822_text,   ///< BODY[TEXT]
    };
    Kind kind = Kind::flags;
    bool peek = false;                        ///< \Seen stays as it is.
    bool lazy = false;                        ///< PREVIEW (LAZY)
    Section section = {};                     ///< Of the kinds that have one.
    std::optional<PartialBytes> partial = {}; ///< Not of binary_size.
    bool operator==(const FetchItem&) const = default;
};

/// BODY[], BINARY[], RFC822, RFC822.TEXT without PEEK.
bool sets_seen(const FetchItem&);

} // namespace posthouse::imap
