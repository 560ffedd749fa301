// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "mail/address.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Message-ID, In-Reply-To, References: RFC 5322 §3.6.4.
namespace posthouse::mail {

/// A new `<…@domain>`: 64 random bits behind the microsecond.
std::string new_message_id(Random&, const Domain&, Timestamp);

struct MessageIdLimits {
    std::size_t ids = 200;      ///< Those behind are not read.
    std::size_t id_bytes = 998; ///< A longer one is left out.
};

/// Each `<…>` in a field's value in its order, with its brackets and without the white space that
/// folding put into it. What stands between them (comments, the phrases of old replies) is passed
/// over. Tolerant of ids that hold no `@`; one that holds a control character is left out.
std::vector<std::string> message_ids(std::string_view value, const MessageIdLimits& = {});

} // namespace posthouse::mail
