// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::archive {

/// Zstandard (RFC 8878), or the bytes as they are where that is no shorter: then both sizes are
/// the same.
std::string compressed(std::string_view bytes);
/// Nothing: they are not what compressed() made of so many bytes.
std::optional<std::string> expanded(std::string_view stored, std::size_t size);

} // namespace posthouse::archive
