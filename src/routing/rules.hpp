// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"
#include "routing/engine.hpp"

namespace posthouse::routing {

/// What the configuration says about routing.
Rules rules_from(const config::Config&);

} // namespace posthouse::routing
