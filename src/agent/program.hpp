// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/outcome.hpp"

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Which program is run, with which arguments, and what its end means. There is never a shell.
namespace posthouse::agent {

/// A command, taken apart.
struct Command {
    std::vector<std::string> arguments; // the first is the program's path
    /// What the user wants a failure to count as: `prog || exit 75`.
    std::optional<int> exit_on_failure;
    bool operator==(const Command&) const = default;
};

/// What stands behind "|" in an alias or .forward. Since so many were written for a shell, its most
/// usual words around one program are understood: `exec` and `IFS=' ' &&` before it, `|| exit 75`
/// and a comment behind it. Anything else only a shell would understand is refused: the error says
/// what.
std::expected<Command, std::string> parse_command(std::string_view text);

/// Is this an executable file?
using IsProgram = std::function<bool(const std::string& path)>;
bool is_program(const std::string& path);

/// The path to execute: `path` itself, where it is one of those allowed; else the file of its name
/// in an allowed directory (written with a final slash), as smrsh does it. nullopt: not allowed.
std::optional<std::string> allowed_program(std::string_view path,
                                           const std::vector<std::string>& allowed,
                                           const IsProgram& = is_program);

/// The program of local_delivery.program.
std::optional<std::string> program_of(std::string_view text);

/// What a letter is, for the program's arguments and environment.
struct Envelope {
    std::string user, home, sender, recipient, detail;
};

/// local_delivery.program with %u (user), %h (home), %s (sender), %r (recipient), %d (detail), %%
/// put in, after it was split: what comes from an address is never more than its argument, and
/// never an option. An argument that would begin with "-" because of an address is an error.
std::expected<Command, Outcome> expand_command(std::string_view text, const Envelope&);

/// Beyond what the runner itself sets. Characters that a shell might take for more than text, if
/// a program hands them to one, become "_".
std::vector<std::string> environment_of(const Envelope&);

/// What an exit code (sysexits.h) says of the letter. `output` is what the program wrote.
Outcome outcome_of_exit(int code, std::string_view output);

/// With the output, as far as the limits go, for text and notification.
Outcome with_output(Outcome, std::string_view output);

} // namespace posthouse::agent
