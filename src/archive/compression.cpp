// SPDX-License-Identifier: Apache-2.0
#include "archive/compression.hpp"

#include "base/contract.hpp"

#include <memory>
#include <zstd.h>

namespace posthouse::archive {
namespace {

// What letters and rows gain beyond this level costs several times its processor time.
constexpr int level = 3;

} // namespace

std::string compressed(std::string_view bytes)
{
    static const std::unique_ptr<ZSTD_CCtx, decltype(&::ZSTD_freeCCtx)> context(::ZSTD_createCCtx(),
                                                                                ::ZSTD_freeCCtx);
    std::string stored(::ZSTD_compressBound(bytes.size()), '\0');
    const auto size = ::ZSTD_compressCCtx(context.get(), stored.data(), stored.size(), bytes.data(),
                                          bytes.size(), level);
    expects(!::ZSTD_isError(size));
    if (size >= bytes.size())
        return std::string(bytes);
    stored.resize(size);
    return stored;
}

std::optional<std::string> expanded(std::string_view stored, std::size_t size)
{
    if (stored.size() == size)
        return std::string(stored);
    std::string bytes(size, '\0');
    const auto got = ::ZSTD_decompress(bytes.data(), size, stored.data(), stored.size());
    if (::ZSTD_isError(got) || got != size)
        return std::nullopt;
    return bytes;
}

} // namespace posthouse::archive
