// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/start_up.hpp"

namespace posthouse::signer {

/// The role that holds the private keys: it reads and writes its links, and can do nothing else.
process::Exit run_signer(process::StartUp);

} // namespace posthouse::signer
