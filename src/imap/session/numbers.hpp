// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/text.hpp"
#include "imap/response_text.hpp"
#include "mail/uid_set.hpp"

#include <cstdint>
#include <string>

namespace posthouse::imap {

using response::append_number;

/// "07-Feb-1994 21:52:25 +0000", of microseconds since 1970.
void append_internal_date(std::string& to, std::int64_t microseconds);

/// The smallest members, so many at most.
mail::UidSet first_of(const mail::UidSet&, std::uint64_t most);
/// The largest.
mail::UidSet last_of(const mail::UidSet&, std::uint64_t most);

} // namespace posthouse::imap
