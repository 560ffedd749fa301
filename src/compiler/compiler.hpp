// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/start_up.hpp"

namespace posthouse::compiler {

/// The role that reads the classic tables, confined: the supervisor hands it their files, it
/// answers with images in sealed memory files (docs/tables.md).
process::Exit run_compiler(process::StartUp);

} // namespace posthouse::compiler
