// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/uid_set.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

/// Message sets as commands write them: sequence-set, RFC 9051 §9.
namespace posthouse::imap {

/// Are messages named by their place in the mailbox or by their UID?
enum class Numbering : std::uint8_t { sequence, uid };

/// What stands before the colon and behind it; 0 is `*`, the largest number in use.
struct SequenceRange {
    std::uint32_t first = 0, last = 0;
    bool operator==(const SequenceRange&) const = default;
};

struct SequenceSet {
    std::vector<SequenceRange> ranges;
    bool saved_result = false; ///< `$`: what the last SEARCH saved (RFC 9051 §6.4.4.1).

    /// The numbers meant where `largest` is the largest in use; with 0, in an empty mailbox, `*`
    /// names nothing. `5:*` names `largest` even if that is less than 5. Without the saved result.
    mail::UidSet resolved(std::uint32_t largest) const;
    /// The largest number that is written out; to be held against the mailbox's size.
    std::uint32_t largest_written() const;
    bool operator==(const SequenceSet&) const = default;
};

/// "1,3:5,7:*", or "$". Nothing for other text, 0, and more ranges than `most`.
std::optional<SequenceSet> parse_sequence_set(std::string_view, std::size_t most);

} // namespace posthouse::imap
