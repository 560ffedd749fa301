// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

/// Reading and writing that take short counts and EINTR in their stride. Errors are errno's.
namespace posthouse {

/// All of it.
std::expected<void, int> write_all(int fd, std::string_view);
/// From `offset` on; shorter than `length` only at the file's end.
std::expected<std::string, int> read_at(int fd, std::uint64_t offset, std::size_t length);

} // namespace posthouse
