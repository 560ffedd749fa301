// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/session/dialogue.hpp"
#include "mail/summary_fields.hpp"

#include <cstdint>
#include <expected>
#include <vector>

namespace posthouse::imap {

/// What SORT and THREAD go by. The texts are folded, so that they compare as i;unicode-casemap
/// does (RFC 5255 §4.3).
struct MessageKeys {
    std::uint32_t uid = 0;
    std::int64_t internal_date = 0; ///< Microseconds since 1970
    std::uint64_t size = 0;
    mail::SortKeys keys;
    mail::ThreadLinks links;
};

struct KeysWanted {
    bool entries = false; ///< internal_date, size
    bool texts = false;   ///< keys
    bool links = false;
};

/// Of those that are there, by UID. A damaged one has empty keys.
Task<std::expected<std::vector<MessageKeys>, Reply>> read_keys(Dialogue&, mail::UidSet, KeysWanted);

} // namespace posthouse::imap
