// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace posthouse::archive {

/// Why something of a backup could not be done.
struct Fault {
    enum class Kind : std::uint8_t {
        absent,   // there is no such backup, chunk, account
        damaged,  // bytes are not those that were written
        newer,    // written by a newer version
        locked,   // somebody else is at it
        no_space, //
        files,    // the file system refuses
        source,   // the server, or its store, does not answer as it should
        refused,  // it would do harm: the text says why
    };
    Kind kind{};
    std::string text; // one sentence
};

template <class T>
using Result = std::expected<T, Fault>;

inline std::unexpected<Fault> fault(Fault::Kind kind, std::string text)
{
    return std::unexpected(Fault{kind, std::move(text)});
}

/// What a repository may make a reader hold: its bytes may come from anywhere.
struct Limits {
    static constexpr std::size_t chunk_bytes = 2 << 20;         ///< expanded
    static constexpr std::size_t body_piece = 1 << 20;          ///< a body is cut into these
    static constexpr std::size_t pack_bytes = 16 << 20;         ///< from here on a new one
    static constexpr std::size_t pack_chunks = 1 << 16;         ///< of one pack
    static constexpr std::uint64_t manifest_bytes = 256u << 20; ///< expanded
    static constexpr std::size_t partitions = 4'000'000;        ///< of one backup
    static constexpr std::uint64_t body_bytes = 2u << 30;
    static constexpr std::size_t faults_told = 1000;
};

} // namespace posthouse::archive
