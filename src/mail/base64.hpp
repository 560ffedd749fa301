// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

/// RFC 4648 §4, and as a content transfer encoding RFC 2045 §6.8.
namespace posthouse::mail {

std::string base64(std::string_view bytes);
/// In lines of 76 characters, each with its CRLF; nothing for no bytes.
std::string base64_lines(std::string_view bytes);
/// The whole text and nothing else, with its padding; nullopt if it is not base64.
std::optional<std::string> decode_base64(std::string_view text);

} // namespace posthouse::mail
