// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/start_up.hpp"
#include "tables/mapped.hpp"

#include <memory>
#include <vector>

namespace posthouse::process {

/// Maps what the supervisor handed over. An image that is none is told in the log, and the table
/// stays as it was.
std::shared_ptr<const tables::MappedTables> map_tables(const std::vector<TableImage>&,
                                                       const tables::MappedTables& before = {});

} // namespace posthouse::process
