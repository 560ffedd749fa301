// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::textindex {

/// One bit a letter of a segment.
class Bits {
public:
    Bits() = default;
    explicit Bits(std::uint32_t size) : words_((std::size_t(size) + 63) / 64), size_(size) {}
    void set(std::uint32_t place) { words_[place / 64] |= std::uint64_t(1) << (place % 64); }
    bool has(std::uint32_t place) const { return (words_[place / 64] >> (place % 64) & 1) != 0; }
    void set_all();
    std::uint32_t count() const;
    bool full() const { return count() == size_; }
    bool none() const;
    std::uint32_t size() const { return size_; }
    Bits& operator|=(const Bits&); ///< of the same size
    Bits& operator&=(const Bits&);
    const std::vector<std::uint64_t>& words() const { return words_; }
    std::vector<std::uint64_t>& words() { return words_; }

private:
    std::vector<std::uint64_t> words_;
    std::uint32_t size_ = 0;
};

/// The letters that have a term, packed in whichever way is shortest: one alone, differences, a
/// bit each, or "all". `places` ascend and are less than `letters`; there is at least one.
void append_postings(std::span<const std::uint32_t> places, std::uint32_t letters, std::string&);

/// Takes one term's off the front. False: it is not well-formed.
bool skip_postings(std::string_view&);
bool take_postings(std::string_view&, Bits& add_to);
/// Appended in ascending order; each less than `letters`, or it is not well-formed.
bool take_postings(std::string_view&, std::uint32_t letters, std::vector<std::uint32_t>& append_to);

} // namespace posthouse::textindex
