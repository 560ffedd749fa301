// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace posthouse::mail {

/// Text as quoted-printable (RFC 2045 §6.7): lines of 76 characters at most, ASCII only. A line of
/// `text` ends with CRLF or a bare LF, and with CRLF in the result.
std::string quoted_printable(std::string_view text);

} // namespace posthouse::mail
