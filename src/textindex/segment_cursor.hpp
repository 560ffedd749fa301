// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "textindex/text_index_impl.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::textindex {

/// Goes through one dictionary of a segment, a block at a time.
class SegmentCursor {
public:
    SegmentCursor(store::Engine& engine, const store::PartitionId& partition,
                  std::shared_ptr<const Segment> segment)
        : engine_(engine),
          partition_(partition),
          segment_(std::move(segment))
    {
    }
    SegmentCursor(const SegmentCursor&) = delete; // It points into its own rows.

    const Segment& segment() const { return *segment_; }
    /// Before the first term.
    void begin(Kind);
    /// To the next term. Error::corrupt: these rows are damaged.
    Task<store::Result<void>> advance();

    bool has_term() const { return !term_.empty(); }
    /// Valid until the cursor advances.
    std::string_view term() const { return term_; }
    /// The letters that have it.
    const std::vector<std::uint32_t>& numbers() const { return numbers_; }

private:
    store::Result<bool> take();
    Task<store::Result<void>> read();

    store::Engine& engine_;
    const store::PartitionId& partition_;
    std::shared_ptr<const Segment> segment_;
    std::string dictionary_, after_, terms_row_, postings_row_;
    Block block_{std::string_view()};
    std::string_view postings_, term_;
    std::vector<std::uint32_t> numbers_;
    bool more_ = true;
};

} // namespace posthouse::textindex
