// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "routing/engine.hpp"

#include <cstdint>
#include <memory>

namespace posthouse::sorter {

/// What a sorter routes by. Replaced as a whole when the configuration or a table changes; a
/// letter being routed keeps the one that it began with.
struct Handbook {
    routing::Rules rules;
    routing::Tables tables = {};
    std::shared_ptr<const void> tables_owner = nullptr; // keeps them mapped
};

} // namespace posthouse::sorter
