// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mailbox/account.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace posthouse::keeper {

/// Letters behind one another, as they are read. Most are small, and asking for each costs more
/// than reading it.
struct WholeLetters {
    std::string bytes;
    std::vector<std::optional<std::size_t>> sizes; ///< nothing: it cannot be read
};

/// Of these emails, from the front, as many as fit into `room`.
Task<mailbox::Result<WholeLetters>> whole_letters(store::Engine&, mailbox::Account&,
                                                  std::vector<std::uint64_t> emails,
                                                  std::size_t room);

} // namespace posthouse::keeper
