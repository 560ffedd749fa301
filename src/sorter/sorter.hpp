// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/start_up.hpp"

namespace posthouse::sorter {

/// The role that reads letters and has nothing else: routes them, files them, composes
/// notifications. Works for the keeper, its one peer, until it is told to end.
process::Exit run_sorter(process::StartUp);

} // namespace posthouse::sorter
