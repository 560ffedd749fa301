// SPDX-License-Identifier: Apache-2.0
#include "cli/role_main.hpp"
#include "process/supervisor.hpp"

#include <cstdio>
#include <string>

int main(int argc, char** argv)
{
    using namespace posthouse;
    if (argc == 3 && std::string(argv[1]) == "--role")
        return static_cast<int>(cli::run_role(argv[2]));
    if (argc == 4 && std::string(argv[1]) == "serve" && std::string(argv[2]) == "--config")
        return static_cast<int>(process::supervise(argv[3]));
    std::fputs("usage: posthouse serve --config FILE\n", stderr);
    return 64;
}
