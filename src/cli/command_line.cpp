// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"

#include "cli/commands.hpp"
#include "cli/grammar.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <ostream>
#include <sstream>

namespace posthouse::cli {

using process::Exit;

Exit run(std::vector<std::string> arguments, Console& console, const World& world)
{
    Context context{console, world};
    Grammar grammar(context);
    std::ranges::reverse(arguments); // As the parser wants them.
    try {
        grammar.app().parse(std::move(arguments));
    } catch (const CLI::ParseError& error) { // --help is one too.
        std::ostringstream told;
        const bool fault = grammar.app().exit(error, told, told) != 0;
        if (!fault) {
            console.out << told.str();
            return Exit::ok;
        }
        console.err << "posthouse: " << told.str();
        return Exit::usage;
    }
    return grammar.run();
}

} // namespace posthouse::cli
