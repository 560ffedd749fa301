// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "textindex/segment_cursor.hpp"

#include <deque>

namespace posthouse::textindex {

/// Makes one segment of several, without the letters that were forgotten. docs/search.md,
/// "Commits and crashes"
class Merge {
public:
    Merge(TextIndex::Impl&, Segments);
    ~Merge();
    Merge(const Merge&) = delete;

    Task<store::Result<void>> run();

private:
    using Done = store::Result<void>;

    Task<> number_letters();
    Task<Done> merge_kind(Kind);
    Task<Done> advance(SegmentCursor&);
    Task<Done> put_rows(std::vector<store::Row>);
    Task<Done> publish();
    bool all_there(const Manifest&) const;

    TextIndex::Impl& index_;
    Segments merged_;
    std::shared_ptr<Segment> made_;
    EmailSet left_out_; ///< of what the merged ones have
    struct Input {
        Input(TextIndex::Impl& index, std::shared_ptr<const Segment> segment)
            : cursor(index.engine, index.partition, std::move(segment))
        {
        }
        SegmentCursor cursor;
        std::vector<std::uint32_t> places; ///< in what is made, by the place in this one
    };
    std::deque<Input> inputs_;
    std::optional<BlockWriter> writer_;
    std::size_t put_bytes_ = 0;
    Pace pace_;
};

} // namespace posthouse::textindex
