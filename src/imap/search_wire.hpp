// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/search_key.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// A search program on its way from the session to who keeps the messages.
namespace posthouse::imap {

/// Messages are named by UIDs only: as search::Uids, without `*` and `$`. There is no Recent.
struct SearchProgram {
    std::string charset; ///< Of the texts; empty for UTF-8.
    SearchKey key;
};

std::string pack_program(const SearchProgram&);

struct ProgramLimits {
    std::size_t keys = 4000;
    std::size_t depth = 110;        ///< More than ParserLimits', for what the session adds.
    std::size_t ranges = 4'000'000; ///< Of all sets together.
};
/// Nothing for what pack_program() does not write, and what is beyond the limits.
std::optional<SearchProgram> unpack_program(std::string_view, const ProgramLimits& = {});

} // namespace posthouse::imap
