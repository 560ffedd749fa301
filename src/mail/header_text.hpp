// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// What a header's text says: RFC 2047 read, for readers and search.
namespace posthouse::mail {

/// An unstructured field's value, folded or not, as UTF-8 on one line, at most `most` bytes.
/// Encoded words are decoded, and space between two of them vanishes; adjacent ones of one charset
/// are decoded together, since some programs cut characters in two. Broken ones stay as they are.
/// Bytes outside ASCII that are not UTF-8 are guessed at (mail/charset.hpp).
std::string header_text(std::string_view value, std::size_t most = 65536);

} // namespace posthouse::mail
