// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace posthouse::imap {

/// Does a pattern with `*` and `%` match the whole name? RFC 9051 §6.3.9
bool list_matches(std::string_view pattern, std::string_view name);

} // namespace posthouse::imap
