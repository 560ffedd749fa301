// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/frame.hpp"
#include "wire/link.hpp"
#include "wire/mailboxes.pb.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::sorter {

/// What a mailbox keeps about a letter besides its text.
struct Indexed {
    std::string summary; ///< a serialised mailbox.MessageSummary
    /// Of its message-id (0: none) and of those it refers to, the nearest first. Stable.
    std::vector<std::uint64_t> threading;
};
Indexed index_letter(std::string_view whole_letter);

struct LetterOfJob {
    std::uint64_t job = 0;
    std::uint64_t bytes = 0;
};
/// The whole letter, from the keeper, behind its beginning.
Task<wire::Result<std::string>> read_indexed(std::shared_ptr<wire::Link> keeper, LetterOfJob,
                                             std::string beginning);

/// Method::index_letter: the letter is in the frame, or is read on from the keeper.
Task<wire::Result<wire::Answer>> index(std::shared_ptr<wire::Link> keeper, wire::Frame);

} // namespace posthouse::sorter
