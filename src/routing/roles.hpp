// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/text.hpp"

#include <string_view>

namespace posthouse::routing {

/// Is it a name that every domain of ours has: postmaster (RFC 5321 §4.5.1) or abuse
/// (RFC 2142 §2)?
inline bool is_role(std::string_view local_part)
{
    return equal_ignoring_case(local_part, "postmaster") ||
           equal_ignoring_case(local_part, "abuse");
}

} // namespace posthouse::routing
