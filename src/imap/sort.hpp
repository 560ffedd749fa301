// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "imap/command.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

/// The order of SORT: RFC 5256 §3, RFC 5957, RFC 6203 §5.
namespace posthouse::imap {

/// What a message is sorted by. The texts are what the collation compares: whoever makes these
/// folds them (i;unicode-casemap where I18NLEVEL=1 is told, RFC 5255 §4.3), so that the same bytes
/// are the same and bytes are the order. They must outlive the sorting.
struct SortFacts {
    std::uint32_t number = 0; ///< Sequence number or UID; breaks ties.
    Timestamp arrival{};      ///< The internal date
    /// RFC 5256 §2.2; without a Date that makes sense the internal date counts.
    std::optional<Timestamp> sent;
    std::uint64_t size = 0;
    std::string_view subject;                  ///< Base subject: RFC 5256 §2.1
    std::string_view from, to, cc;             ///< The first address's mailbox
    std::string_view display_from, display_to; ///< RFC 5957 §3
    unsigned relevancy = 0;                    ///< 1 to 100; the best come first.
};

/// The numbers in order. Messages that compare equal stand by their numbers, REVERSE or not.
std::vector<std::uint32_t> sorted(std::vector<SortFacts>, std::span<const command::SortKey>);

/// Which of the facts a SORT needs, so that no others are asked for.
struct SortNeeds {
    bool arrival = false, sent = false, size = false, subject = false;
    bool addresses = false, displayed = false, relevancy = false;
    bool operator==(const SortNeeds&) const = default;
};
SortNeeds needs_of(std::span<const command::SortKey>);

} // namespace posthouse::imap
