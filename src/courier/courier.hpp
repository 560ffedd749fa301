// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/start_up.hpp"

namespace posthouse::courier {

/// The role that carries letters to other hosts. Ends the process, or returns how.
process::Exit run_courier(process::StartUp);

} // namespace posthouse::courier
