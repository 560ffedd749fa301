// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::archive {

/// What a chunk is called: the SHA-256 of its bytes. Two chunks of one name are one.
struct ChunkName {
    std::array<char, 32> digest{};

    static ChunkName of(std::string_view bytes);
    static std::optional<ChunkName> from_bytes(std::string_view);
    std::string_view bytes() const { return {digest.data(), digest.size()}; }
    auto operator<=>(const ChunkName&) const = default;

    struct Hash {
        std::size_t operator()(const ChunkName& name) const
        {
            std::size_t value = 0; // A digest's own bytes are as good as any hash of them.
            std::memcpy(&value, name.digest.data(), sizeof value);
            return value;
        }
    };
};

/// The same of bytes that come in pieces.
class Digest {
public:
    Digest();
    ~Digest();
    void add(std::string_view);
    ChunkName finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace posthouse::archive
