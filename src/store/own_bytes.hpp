// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "store/engine.hpp"

#include <string>

namespace posthouse::store {

/// Bytes that a store has of its own and for good: the value of that row; where there is none, 16
/// random ones, durable on return.
Task<Result<std::string>> own_bytes(Engine&, PartitionId, std::string key, Random&);

} // namespace posthouse::store
