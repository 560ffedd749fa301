// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/start_up.hpp"

namespace posthouse::gate {

/// The gate: it speaks with whoever comes in from the network, and holds nothing. One program for
/// SMTP and for the readers; a listener's protocol decides which session a connection gets.
/// Returns only if it cannot start.
process::Exit run_gate(process::StartUp);

} // namespace posthouse::gate
