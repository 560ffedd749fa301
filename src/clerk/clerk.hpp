// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/start_up.hpp"

namespace posthouse::clerk {

/// The role of passwords: checks them for the reader gates against what the keeper has, until it
/// is told to end.
process::Exit run_clerk(process::StartUp);

} // namespace posthouse::clerk
