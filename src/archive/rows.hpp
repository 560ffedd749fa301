// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/types.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace posthouse::archive {

/// Cuts rows in the order of their keys into chunks whose bounds the rows' own keys choose: where
/// rows come, go or change, the chunks before and behind stay the same, and so are there already.
class RowCutter {
public:
    static constexpr std::size_t least = 16 * 1024, usual = 96 * 1024, most = 512 * 1024;

    /// A chunk that is complete now.
    std::optional<std::string> add(const store::Row&);
    /// What is left.
    std::optional<std::string> finish();

private:
    std::string chunk_;
};

/// The rows of a chunk.
class RowReader {
public:
    explicit RowReader(std::string_view chunk) : rest_(chunk) {}
    /// Nothing: at the end, or where the chunk is damaged.
    std::optional<store::Row> next();
    bool damaged() const { return damaged_; }

private:
    std::string_view rest_;
    bool damaged_ = false;
};

/// The same form, as rows travel.
void append_row(std::string& to, const store::Row&);

} // namespace posthouse::archive
