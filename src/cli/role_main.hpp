// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/start_up.hpp"

#include <string>

namespace posthouse::cli {

/// What the supervisor starts: `posthouse --role NAME`, with the control channel as descriptor 3.
process::Exit run_role(const std::string& name);

} // namespace posthouse::cli
