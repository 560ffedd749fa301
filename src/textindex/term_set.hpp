// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::textindex {

/// Distinct texts, numbered in the order in which they came. They lie behind one another: a
/// letter has as many words as a lookup has nanoseconds.
class TermSet {
public:
    TermSet() : slots_(1024, empty) {}

    /// Its number; if it is a new one, that is size() before.
    std::uint32_t add(std::string_view text);
    std::uint32_t size() const { return static_cast<std::uint32_t>(terms_.size()); }
    std::size_t bytes() const { return texts_.size(); }
    /// Valid until add().
    std::string_view operator[](std::uint32_t number) const
    {
        return std::string_view(texts_).substr(terms_[number].begin, terms_[number].bytes);
    }
    void clear();

private:
    static constexpr std::uint32_t empty = ~std::uint32_t(0);
    struct Term {
        std::size_t begin = 0;
        std::uint32_t bytes = 0, hash = 0;
    };
    void grow();

    std::string texts_;
    std::vector<Term> terms_;
    std::vector<std::uint32_t> slots_; ///< Numbers by hash; always a power of two
};

} // namespace posthouse::textindex
