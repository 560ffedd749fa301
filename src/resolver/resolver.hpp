// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/start_up.hpp"

namespace posthouse::resolver {

/// The role that asks the domain name system for the others. Ends the process, or returns how.
process::Exit run_resolver(process::StartUp);

} // namespace posthouse::resolver
