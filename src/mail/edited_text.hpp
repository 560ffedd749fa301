// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// A letter as it is read: its body, which is never rewritten, with places that are read as other
/// bytes (fields that a filter has added, senders that are masqueraded).
namespace posthouse::mail {

/// `length` bytes of the body from `offset` on are left out, and `text` stands there.
struct Edit {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::string text;
    bool operator==(const Edit&) const = default;
};

class EditedText {
public:
    struct Limits {
        static constexpr std::size_t edits = 512;
        static constexpr std::size_t text_bytes = 24
                                                  << 10; // of all of them: they are kept in one row
    };
    /// A part of the body.
    struct Range {
        std::uint64_t offset = 0;
        std::uint64_t length = 0;
        bool operator==(const Range&) const = default;
    };
    using Piece = std::variant<Range, std::string>;

    /// The body as it is.
    explicit EditedText(std::uint64_t body_bytes);

    /// Makes these edits to the text as it is now, whatever was done to it before: their offsets
    /// count in it. False: they are beyond its end, out of order, overlap, or are too much; nothing
    /// is changed then.
    [[nodiscard]] bool apply(std::span<const Edit>);

    /// In all.
    std::uint64_t bytes() const { return bytes_; }
    /// All that was done, as edits of the body.
    std::vector<Edit> edits() const;
    /// What to put together for these bytes of the text; beyond its end is nothing.
    std::vector<Piece> read(std::uint64_t offset, std::uint64_t length) const;

private:
    std::vector<Piece> pieces_; // in order, none empty
    std::uint64_t body_bytes_;
    std::uint64_t bytes_;
};

/// The text's bytes out of a body that is in memory.
std::string read_edited(const EditedText&, std::string_view body);

} // namespace posthouse::mail
