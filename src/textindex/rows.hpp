// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/types.hpp"
#include "textindex/batch.hpp"
#include "textindex/email_set.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The rows of an index: docs/search.md, "Rows".
namespace posthouse::textindex {

enum class SegmentId : std::uint32_t {};

namespace key {

inline const std::string manifest = "M";
/// Of a segment; in the order in which they are swept.
constexpr std::string_view segment_rows = "scdp";
std::string covered(SegmentId, std::uint32_t part);
std::string given_up(SegmentId, std::uint32_t part);
std::string all(char letter, SegmentId);
/// A block of a dictionary stands under its last term: the first key not before a term's is the
/// block that has it, if any has.
std::string dictionary(SegmentId, Kind);
std::string block(SegmentId, Kind, std::string_view last_term);
std::string postings(std::string_view block_key);
/// Behind this stands the block that has the term, or those behind it.
std::string before_block(SegmentId, Kind, std::string_view term);
} // namespace key

/// What is in a dictionary's block: terms in ascending order, each between zero bytes.
class Block {
public:
    explicit Block(std::string_view terms) : terms_(terms) {}
    bool well_formed() const
    {
        return terms_.size() >= 3 && terms_.front() == '\0' && terms_.back() == '\0';
    }
    /// Places of the terms in which `pattern` is found; it may hold the zero bytes about a term.
    void find(std::string_view pattern, std::vector<std::uint32_t>& places) const;
    /// Takes the first off.
    std::string_view take();
    bool empty() const { return terms_.size() < 3; }

private:
    std::string_view terms_;
};

/// Writes a segment's terms into rows.
class BlockWriter {
public:
    BlockWriter(SegmentId segment, std::uint32_t letters) : segment_(segment), letters_(letters) {}
    /// Kinds ascend, and terms within them.
    void add(Kind, std::string_view term, std::span<const std::uint32_t> places);
    void finish() { flush(); }
    /// Those made since the last call.
    std::vector<store::Row> take_rows() { return std::exchange(rows_, {}); }
    std::size_t row_bytes() const { return row_bytes_; } ///< of all, ever

private:
    void flush();

    SegmentId segment_;
    std::uint32_t letters_;
    std::optional<Kind> kind_;
    std::string terms_, postings_, last_;
    std::vector<store::Row> rows_;
    std::size_t row_bytes_ = 0;
};

/// Rows that name a segment's letters.
std::vector<store::Row> letter_rows(SegmentId, const EmailSet& covered, const EmailSet& given_up);

/// Which segments there are.
struct Manifest {
    struct Segment {
        SegmentId id{};
        std::uint64_t letters = 0, bytes = 0;
        bool operator==(const Segment&) const = default;
    };
    std::uint32_t next = 1; ///< The next segment's id; none is given twice.
    std::vector<Segment> segments;
    /// Not there (any more, or yet): their rows are to be erased.
    std::vector<SegmentId> doomed;
    /// Of emails that the segments have and nobody else.
    EmailSet forgotten;

    std::string pack() const;
    /// Nothing: of another format or other Unicode tables, or damaged.
    static std::optional<Manifest> unpack(std::string_view);
    bool operator==(const Manifest&) const = default;
};

} // namespace posthouse::textindex
