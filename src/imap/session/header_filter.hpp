// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::imap {

enum class Keep : std::uint8_t { those, others };

/// Of a header's fields those with these names (lower case), or the others, as they stand there,
/// appended to `to`; and always a blank line (RFC 9051 §6.4.5.1). Linear; stops at the header's
/// end.
void filter_header(std::string& to, std::string_view header, const std::vector<std::string>& names,
                   Keep);

} // namespace posthouse::imap
