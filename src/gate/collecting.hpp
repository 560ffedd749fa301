// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "base/unique_fd.hpp"
#include "gate/connection.hpp"
#include "process/start_up.hpp"
#include "wire/messages.pb.h"

#include <cstdint>
#include <memory>

namespace posthouse::gate {

/// A letter from the drop (mail/drop.hpp), as the supervisor hands it over.
struct Dropped {
    std::uint32_t user = 0; // whose file it is
    UniqueFd file;
};

/// Reads it and hands it to the keeper as a session would, on behalf of its owner. The desk must
/// outlive the operation. Recipients that are refused for good go along: when the letter is routed
/// its sender is told, and nobody waits here to hear it now.
Task<wire::Control::Collected> collect(Desk&, std::shared_ptr<const process::Settings>, Dropped);

} // namespace posthouse::gate
