// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/start_up.hpp"

#include <boost/json.hpp>

#include <string>
#include <vector>

/// What import and export have in common.
namespace posthouse::cli {

/// Is this mailbox among the chosen ones, or below one of them? None chosen: all are.
bool is_chosen(const std::vector<std::string>& chosen, const std::string& mailbox);
/// Why it ended early, into what --json shows.
void add_error(boost::json::object& result, process::Exit, const std::string& sentence);

} // namespace posthouse::cli
