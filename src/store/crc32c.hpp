// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace posthouse::store {

/// CRC-32C (Castagnoli), RFC 3720 §12.1. `before` is the checksum of what precedes `bytes`.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

} // namespace posthouse::store
