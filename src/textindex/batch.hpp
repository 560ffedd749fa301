// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "textindex/email_set.hpp"
#include "textindex/words.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::textindex {

/// The dictionaries of an index, in their order. The letters stand in its keys.
enum class Kind : std::uint8_t {
    body_word = 'B',
    header_word = 'H',
    body_gram = 'b',
    header_gram = 'h',
};
enum class Zone : std::uint8_t { header, body };
Kind kind_of(Zone, Form);

constexpr std::size_t longest_term = 32 * 4;

/// Some letters' terms, as the sorter packs them: each term once, with those that have it.
class BatchPacker {
public:
    BatchPacker(const EmailSet& covered, const EmailSet& given_up);
    /// Kinds ascend, and terms within them; places (in `covered`) ascend, and there is one.
    void add(Kind, std::string_view term, const std::vector<std::uint32_t>& places);
    std::string finish() &&;

private:
    std::uint32_t letters_;
    std::string packed_;
    std::string last_;
    std::optional<Kind> kind_;
};

/// The way back. Whatever a sorter sends is well-formed or refused: damaged().
class BatchReader {
public:
    explicit BatchReader(std::string_view packed);

    const EmailSet& covered() const { return covered_; }
    const EmailSet& given_up() const { return given_up_; } ///< none of them covered
    std::uint32_t letters() const { return letters_; }     ///< that are covered

    struct Entry {
        Kind kind = Kind::body_word;
        std::string_view term;             ///< Valid until the next next()
        std::vector<std::uint32_t> places; ///< At least one, ascending
    };
    /// Nothing at the end, or where it is damaged.
    const Entry* next();
    bool damaged() const { return damaged_; }

private:
    const Entry* fail();

    std::string_view rest_;
    EmailSet covered_, given_up_;
    std::uint32_t letters_ = 0;
    std::string term_;
    Entry entry_;
    bool begun_ = false;
    bool damaged_ = false;
};

} // namespace posthouse::textindex
