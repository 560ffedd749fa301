// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"

#include "cli/commands.hpp"
#include "cli/grammar.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <fmt/format.h>
#include <ostream>
#include <sstream>

namespace posthouse::cli {

using process::Exit;

namespace {

/// One sentence, and where to read on.
std::string sentence_for(const CLI::App& app, const CLI::ParseError& error)
{
    std::string path = "posthouse";
    for (const auto* command = &app; !command->get_subcommands().empty();) {
        command = command->get_subcommands().front();
        path += ' ' + command->get_name();
    }
    std::string wrong = error.what();
    // The parser misses a command where it does not know the one that is there.
    if (const auto unknown = app.remaining(true); !unknown.empty())
        wrong = unknown.front() + " is unknown here";
    return fmt::format("{}; see {} --help", wrong, path);
}

} // namespace

Exit run(std::vector<std::string> arguments, Console& console, const World& world)
{
    Context context{console, world};
    Grammar grammar(context);
    std::ranges::reverse(arguments); // As the parser wants them.
    try {
        grammar.app().parse(std::move(arguments));
    } catch (const CLI::ParseError& error) { // --help is one too.
        if (error.get_exit_code() != 0)
            return complain(console, Exit::usage, sentence_for(grammar.app(), error));
        std::ostringstream told;
        grammar.app().exit(error, told, told);
        console.out << told.str();
        return Exit::ok;
    }
    return grammar.run();
}

Exit run_as(std::string_view program, std::vector<std::string> arguments, Console& console,
            const World& world)
{
    const auto name = program.substr(program.rfind('/') + 1); // npos + 1: from the front
    if (!is_sendmail_name(name))
        return run(std::move(arguments), console, world);
    Context context{console, world};
    return sendmail(context, name, arguments);
}

} // namespace posthouse::cli
