// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"

#include <string>
#include <vector>

namespace posthouse::config {

/// Sentences on what is allowed, but seldom meant; `posthouse check` shows them. Each begins with
/// the key.
std::vector<std::string> warnings(const Config&);

} // namespace posthouse::config
