// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/text_extract.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// The sorter's half of the index of texts: docs/search.md.
namespace posthouse::textindex {

/// Where what comes does not go on what came before: a search of letters without the index must
/// ask the same (FoldedSearch::begin_anew() before a piece for which this is true).
class TextBorders {
public:
    bool begins_anew(const mail::TextPiece&);

private:
    std::optional<std::size_t> part_; ///< whose body the last piece was of
};

/// Cuts letters into what the index keeps of them, several into one batch: TextIndex::add()
/// takes it. One letter alone is a batch too.
class LetterCutter {
public:
    LetterCutter();
    ~LetterCutter();
    LetterCutter(LetterCutter&&) noexcept;
    LetterCutter& operator=(LetterCutter&&) noexcept;

    /// The whole letter, with its header. Each email once in a batch, in any order. One that has
    /// too many words for the index (Limits) is taken too: it will always be a possible one.
    void add(std::uint64_t email, std::string_view letter);
    /// One that cannot be read: likewise.
    void give_up(std::uint64_t email);

    std::size_t letters() const;
    /// Time to finish(): what is packed shall fit one frame (it does if asked after each letter).
    bool full() const;
    /// The batch, and an empty cutter. At most Limits::batch_bytes.
    std::string finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace posthouse::textindex
