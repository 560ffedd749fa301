// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/types.hpp"

namespace posthouse::store {

/// Is it within Limits? Checked by every engine, first thing.
bool within_limits(const Commit&);
bool within_limits(const PartitionId&);

/// Keys that begin with a zero byte belong to the layers above the engine (the writer's row): a
/// scan without a prefix leaves them out. The first key that it may return:
inline std::string scan_start(const std::string& prefix)
{
    return prefix.empty() ? std::string(1, '\x01') : prefix;
}

} // namespace posthouse::store
