// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"
#include "cli/role_main.hpp"

int main(int argc, char** argv)
{
    using namespace posthouse;
    std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    if (arguments.size() == 2 && arguments[0] == "--role")
        return static_cast<int>(cli::run_role(arguments[1]));
    auto console = cli::standard_console();
    return static_cast<int>(
        cli::run_as(argc > 0 ? argv[0] : "", std::move(arguments), console, cli::World()));
}
