// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "milter/modification.hpp"

#include <string>
#include <vector>

namespace posthouse::milter {

/// "added DKIM-Signature, removed Subject, replaced the body"; empty if there are none.
std::string describe(const std::vector<Modification>&);

} // namespace posthouse::milter
