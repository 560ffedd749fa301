// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace posthouse::net {

/// One buffer for a thread: bytes are handed on before anybody else can read.
inline std::span<char> scratch()
{
    constexpr std::size_t bytes = 64 * 1024;
    static thread_local const auto buffer = std::make_unique<char[]>(bytes);
    return {buffer.get(), bytes};
}

} // namespace posthouse::net
