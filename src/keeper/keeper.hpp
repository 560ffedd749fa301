// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/start_up.hpp"

namespace posthouse::keeper {

/// The keeper: owns the data directory, and parses no network bytes and no letters.
process::Exit run_keeper(process::StartUp);

} // namespace posthouse::keeper
