// SPDX-License-Identifier: Apache-2.0
#include "textindex/segment_cursor.hpp"

namespace posthouse::textindex {

void SegmentCursor::begin(Kind kind)
{
    dictionary_ = key::dictionary(segment_->id, kind);
    after_.clear();
    block_ = Block(std::string_view());
    term_ = {};
    more_ = true;
}

/// ok(false): the next block is to be read before.
store::Result<bool> SegmentCursor::take()
{
    term_ = {};
    if (block_.empty())
        return !more_;
    term_ = block_.take();
    numbers_.clear();
    if (term_.empty() || !take_postings(postings_, segment_->letters(), numbers_))
        return std::unexpected(store::Error::corrupt);
    return true;
}

Task<store::Result<void>> SegmentCursor::read()
{
    auto page = co_await engine_.partitions().scan(partition_, dictionary_, after_, 1);
    if (!page)
        co_return std::unexpected(page.error());
    more_ = page->more;
    if (page->rows.empty())
        co_return store::Result<void>{};
    after_ = std::move(page->rows.front().key);
    terms_row_ = std::move(page->rows.front().value);
    auto postings = co_await engine_.partitions().read(partition_, {key::postings(after_)});
    if (!postings)
        co_return std::unexpected(postings.error());
    block_ = Block(terms_row_);
    if (postings->rows.empty() || !block_.well_formed())
        co_return std::unexpected(store::Error::corrupt);
    postings_row_ = std::move(postings->rows.front().value);
    postings_ = postings_row_;
    co_return store::Result<void>{};
}

Task<store::Result<void>> SegmentCursor::advance()
{
    for (;;) {
        const auto done = take();
        if (!done)
            co_return std::unexpected(done.error());
        if (*done)
            co_return store::Result<void>{};
        if (auto got = co_await read(); !got)
            co_return got;
    }
}

} // namespace posthouse::textindex
