// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/text.hpp"
#include "mail/uid_set.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>

namespace posthouse::imap {

inline void append_number(std::string& to, std::uint64_t number)
{
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    to.append(digits, end);
}

/// "07-Feb-1994 21:52:25 +0000", of microseconds since 1970.
void append_internal_date(std::string& to, std::int64_t microseconds);

/// The smallest members, so many at most.
mail::UidSet first_of(const mail::UidSet&, std::uint64_t most);
/// The largest.
mail::UidSet last_of(const mail::UidSet&, std::uint64_t most);

} // namespace posthouse::imap
