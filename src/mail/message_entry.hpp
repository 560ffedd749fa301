// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/flags.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace posthouse::mail {

/// What a mailbox knows of each of its messages without opening it. Many of them travel and are
/// stored at once, packed.
struct MessageEntry {
    std::uint32_t uid = 0;
    std::uint64_t modseq = 0; ///< RFC 7162 §3.1
    SystemFlags flags;
    std::uint64_t keywords = 0;     ///< Bit n is the mailbox's n-th keyword.
    std::uint64_t size = 0;         ///< RFC822.SIZE
    std::int64_t internal_date = 0; ///< Microseconds since 1970
    std::int64_t save_date = 0;     ///< RFC 8514; microseconds since 1970
    std::uint64_t email = 0;        ///< EMAILID; the same in every mailbox that it is copied to
    std::uint64_t thread = 0;       ///< THREADID
    bool operator==(const MessageEntry&) const = default;
};

/// Which of an entry's members are packed, besides uid.
enum class EntryField : std::uint8_t {
    flags = 1 << 0, ///< and keywords
    modseq = 1 << 1,
    size = 1 << 2,
    dates = 1 << 3,
    ids = 1 << 4,
};
constexpr std::uint8_t all_entry_fields = 0x1f;

/// Packs entries of ascending uid behind one another: differences as variable-length numbers.
class EntryPacker {
public:
    explicit EntryPacker(std::uint8_t fields) : fields_(fields) {}
    void append(const MessageEntry&, std::string& to);

private:
    std::uint8_t fields_;
    MessageEntry last_;
};

/// With all their fields.
std::string packed_entries(std::span<const MessageEntry>);

/// The way back. What is not well-formed ends it.
class EntryUnpacker {
public:
    EntryUnpacker(std::uint8_t fields, std::string_view packed) : fields_(fields), packed_(packed)
    {
    }
    /// Nothing at the end, or where it is damaged.
    std::optional<MessageEntry> next();
    bool damaged() const { return damaged_; }

private:
    std::uint8_t fields_;
    std::string_view packed_;
    MessageEntry last_;
    bool damaged_ = false;
};

/// A number in seven-bit groups, the lowest first; signed ones zigzag.
void append_varint(std::string&, std::uint64_t);
/// Takes it off the front. Nothing: it is cut off or too long.
std::optional<std::uint64_t> take_varint(std::string_view&);
/// Bytes with their length before them.
void append_bytes(std::string&, std::string_view);
std::optional<std::string_view> take_bytes(std::string_view&);

} // namespace posthouse::mail
