// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/console.hpp"
#include "cli/desk.hpp"
#include "cli/sendmail_places.hpp"
#include "process/supervisor.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::cli {

inline constexpr const char* default_config_path = "/etc/posthouse/posthouse.toml";

/// What the commands act on; tests put something else in its place.
struct World {
    std::function<OpenDesk(const config::Config&)> open_desk = cli::open_desk;
    std::function<process::Exit(const std::string& config_path, process::Salvage)> serve =
        process::supervise;
    /// The sendmail command's.
    std::function<Caller()> caller = this_caller;
};

/// Runs `posthouse ARGUMENTS…` (without the program's name).
process::Exit run(std::vector<std::string> arguments, Console&, const World&);
/// The same by whatever name: sendmail, mailq, … are commands of their own.
process::Exit run_as(std::string_view program, std::vector<std::string> arguments, Console&,
                     const World&);

} // namespace posthouse::cli
