// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/frame.hpp"
#include "wire/messages.pb.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::sorter {

/// Files one letter for one mailbox: the fields to stand before it there, and its summary. Takes
/// the letter in pieces.
class Filing {
public:
    /// Failure::invalid: an address in it is none, or the letter is beyond Limits::letter_bytes.
    static wire::Result<Filing> begin(const wire::File&);

    void append(std::string_view piece);
    /// Of the letter; what is to come is this less what has come.
    std::uint64_t bytes_left() const { return bytes_left_; }
    /// After all of it.
    wire::Filed finish() &&;

private:
    Filing(std::string prefix, std::uint64_t bytes);

    std::size_t prefix_bytes_;
    std::uint64_t bytes_left_;
    std::string letter_; // As its reader will see it.
};

} // namespace posthouse::sorter
