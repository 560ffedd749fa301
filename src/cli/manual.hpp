// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

/// What is made from the grammar and from the table of configuration keys, so that it cannot lag
/// behind them.
namespace posthouse::cli {

/// `shell`: bash, zsh or fish.
std::string completion_script(const CLI::App&, std::string_view shell);
/// posthouse(1) and posthouse.toml(5), for man(7).
std::string command_manual(const CLI::App&);
std::string configuration_manual();

} // namespace posthouse::cli
