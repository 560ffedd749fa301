// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "textindex/words.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::textindex {

/// A term that whatever holds the needle must have.
struct Lookup {
    enum class How : std::uint8_t {
        exact,
        prefix, ///< A term that begins so,
        suffix, ///< that ends so,
        inside, ///< that has it anywhere.
    };
    Form form = Form::word;
    How how = How::exact;
    std::string text;
    bool operator==(const Lookup&) const = default;
};

/// What a needle asks of the index.
struct NeedlePlan {
    /// Where the needle is, each of these is met. Empty: the index cannot tell.
    std::vector<Lookup> needed;
    /// Where this is met, the needle is: nearly always the only one that is needed.
    std::optional<Lookup> proof;
};

/// Of what mail::fold() made; not of an empty one.
NeedlePlan plan_of(std::string_view folded_needle);

} // namespace posthouse::textindex
