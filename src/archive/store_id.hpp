// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "store/engine.hpp"

#include <string>
#include <string_view>

namespace posthouse::archive {

/// What tells one store from another, and from itself before it was restored: blob ids and
/// versions say nothing beyond it. A row of its own; never part of a backup.
inline constexpr std::string_view store_partition = "n/store";

/// Where the restoring of a whole backup says that it is under way: a store with it is no mail
/// system yet.
inline constexpr std::string_view restoring_partition = "n/restore";

/// Partitions of accounts that are being restored; and of what can be built again.
inline constexpr std::string_view restore_prefix = "r/", index_prefix = "w/";

/// Is this partition part of a backup? Not what can be built again, and not the store's own id.
bool is_backed_up(std::string_view partition);

/// Made where there is none yet.
Task<store::Result<std::string>> store_id(store::Engine&, Random&);

} // namespace posthouse::archive
