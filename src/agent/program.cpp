// SPDX-License-Identifier: Apache-2.0
#include "agent/program.hpp"

#include "agent/limits.hpp"
#include "base/text.hpp"
#include "tables/formats.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <span>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

namespace posthouse::agent {
namespace {

/// `# what follows`, where an argument begins with it.
void drop_comment(std::vector<std::string>& arguments)
{
    const auto comment = std::ranges::find_if(
        arguments, [](const std::string& argument) { return argument.starts_with('#'); });
    arguments.erase(comment, arguments.end());
}

/// `|| exit 75`
std::expected<std::optional<int>, std::string> take_exit(std::vector<std::string>& arguments)
{
    const auto otherwise = std::ranges::find(arguments, "||");
    if (otherwise == arguments.end())
        return std::nullopt;
    const auto left = std::span(otherwise, arguments.end());
    const auto code = left.size() == 3 && left[1] == "exit" ? parse_number(left[2]) : std::nullopt;
    if (!code || *code > 255)
        return std::unexpected("behind || only `exit` and a number can stand");
    arguments.erase(otherwise, arguments.end());
    return static_cast<int>(*code);
}

void drop_start(std::vector<std::string>& arguments)
{
    if (arguments.size() > 2 && arguments[0].starts_with("IFS=") && arguments[1] == "&&")
        arguments.erase(arguments.begin(), arguments.begin() + 2);
    if (!arguments.empty() && arguments[0] == "exec")
        arguments.erase(arguments.begin());
}

bool is_for_a_shell(std::string_view argument)
{
    static constexpr std::array<std::string_view, 6> words{"|", "||", "&", "&&", ";", "!"};
    return std::ranges::find(words, argument) != words.end() || argument.starts_with('>') ||
           argument.starts_with('<') || argument.starts_with("2>") || argument.contains("$(") ||
           argument.contains('`');
}

std::string_view value_of(char name, const Envelope& envelope)
{
    switch (name) {
    case 'u':
        return envelope.user;
    case 'h':
        return envelope.home;
    case 's':
        return envelope.sender.empty() ? std::string_view("MAILER-DAEMON") : envelope.sender;
    case 'r':
        return envelope.recipient;
    case 'd':
        return envelope.detail;
    default:
        return "%";
    }
}

bool is_from_address(char name)
{
    return name == 's' || name == 'r' || name == 'd';
}

bool has_control(std::string_view text)
{
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

/// nullopt: it would be an option, or hold control characters.
std::optional<std::string> expand(std::string_view argument, const Envelope& envelope)
{
    std::string expanded;
    bool begins_with_address = false;
    for (std::size_t i = 0; i < argument.size(); ++i) {
        const char name = i + 1 < argument.size() ? argument[i + 1] : '\0';
        if (argument[i] != '%' || !std::string_view("uhsrd%").contains(name) || name == '\0') {
            expanded += argument[i];
            continue;
        }
        const auto value = value_of(name, envelope);
        if (is_from_address(name) && has_control(value))
            return std::nullopt;
        if (expanded.empty() && is_from_address(name))
            begins_with_address = true;
        expanded += value;
        ++i;
    }
    if (begins_with_address && expanded.starts_with('-'))
        return std::nullopt;
    return expanded;
}

std::string harmless(std::string_view text)
{
    std::string safe(text);
    std::ranges::replace_if(
        safe,
        [](char c) {
            return !is_alpha(c) && !is_digit(c) && !std::string_view("!@%-_=+:,./").contains(c);
        },
        '_');
    return safe;
}

/// Its first line, for one who reads the notification.
std::string first_line(std::string_view output)
{
    output = output.substr(0, output.find_first_of("\r\n"));
    return printable(trimmed(output), Limits::reply_bytes);
}

struct Meaning {
    int code;
    wire::Attempted::Result result;
    std::string_view status, text;
};

constexpr std::array meanings = {
    Meaning{EX_USAGE, wire::Attempted::FAILED, "5.3.0", "it was called with wrong arguments"},
    Meaning{EX_DATAERR, wire::Attempted::FAILED, "5.6.0", "it cannot read such a letter"},
    Meaning{EX_NOINPUT, wire::Attempted::FAILED, "5.3.0", "it lacks its input"},
    Meaning{EX_NOUSER, wire::Attempted::FAILED, "5.1.1", "no such user"},
    Meaning{EX_NOHOST, wire::Attempted::FAILED, "5.1.2", "no such host"},
    Meaning{EX_UNAVAILABLE, wire::Attempted::FAILED, "5.3.0", "it is not available"},
    Meaning{EX_SOFTWARE, wire::Attempted::FAILED, "5.3.0", "it has a fault"},
    Meaning{EX_OSERR, wire::Attempted::DEFERRED, "4.3.0", "the system lacks something"},
    Meaning{EX_OSFILE, wire::Attempted::FAILED, "5.3.0", "a file of the system is missing"},
    Meaning{EX_CANTCREAT, wire::Attempted::FAILED, "5.2.0", "it cannot write its file"},
    Meaning{EX_IOERR, wire::Attempted::DEFERRED, "4.3.0", "it could not read or write"},
    Meaning{EX_TEMPFAIL, wire::Attempted::DEFERRED, "4.3.0", "not now"},
    Meaning{EX_PROTOCOL, wire::Attempted::FAILED, "5.5.0", "it does not understand another"},
    Meaning{EX_NOPERM, wire::Attempted::FAILED, "5.7.1", "it may not"},
    Meaning{EX_CONFIG, wire::Attempted::FAILED, "5.3.5", "it is configured wrongly"},
};

} // namespace

std::expected<Command, std::string> parse_command(std::string_view text)
{
    auto arguments = tables::split_arguments(text);
    if (!arguments || arguments->empty())
        return std::unexpected("its quotes do not match, or there is none");
    Command command;
    drop_comment(*arguments);
    drop_start(*arguments);
    const auto code = take_exit(*arguments);
    if (!code)
        return std::unexpected(code.error());
    command.exit_on_failure = *code;
    if (arguments->empty() || arguments->front().empty())
        return std::unexpected("it names no program");
    if (arguments->size() > Limits::arguments)
        return std::unexpected("it has too many arguments");
    const auto shell = std::ranges::find_if(*arguments, is_for_a_shell);
    if (shell != arguments->end())
        return std::unexpected(
            fmt::format("`{}` needs a shell, and none is ever used", printable(*shell, 40)));
    command.arguments = std::move(*arguments);
    return command;
}

bool is_program(const std::string& path)
{
    struct stat found{};
    return ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
           (found.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
}

std::optional<std::string> allowed_program(std::string_view path,
                                           const std::vector<std::string>& allowed,
                                           const IsProgram& is_there)
{
    if (std::ranges::find(allowed, path) != allowed.end() && !path.ends_with('/'))
        return std::string(path);
    const auto name = path.substr(path.rfind('/') + 1);
    if (name.empty() || name.starts_with('.') || name.contains('\0'))
        return std::nullopt;
    for (const auto& directory : allowed) {
        if (!directory.ends_with('/'))
            continue;
        auto file = directory + std::string(name);
        if (is_there(file))
            return file;
    }
    return std::nullopt;
}

std::optional<std::string> program_of(std::string_view text)
{
    auto arguments = tables::split_arguments(text);
    if (!arguments || arguments->empty())
        return std::nullopt;
    return std::move(arguments->front());
}

std::expected<Command, Outcome> expand_command(std::string_view text, const Envelope& envelope)
{
    auto arguments = tables::split_arguments(text);
    if (!arguments || arguments->empty() || arguments->front().contains('%'))
        return std::unexpected(deferred("4.3.5", "local_delivery.program names no program"));
    Command command;
    for (const auto& argument : *arguments) {
        auto expanded = expand(argument, envelope);
        if (!expanded)
            return std::unexpected(
                failed("5.1.3", "an address of this letter would be an option of the program "
                                "that it is delivered by"));
        command.arguments.push_back(std::move(*expanded));
    }
    return command;
}

std::vector<std::string> environment_of(const Envelope& envelope)
{
    const auto at = envelope.recipient.rfind('@');
    const auto sender = envelope.sender.empty() ? std::string("MAILER-DAEMON") : envelope.sender;
    std::vector<std::string> environment = {"SENDER=" + harmless(sender),
                                            "RECIPIENT=" + harmless(envelope.recipient),
                                            "LOCAL=" + harmless(envelope.recipient.substr(0, at)),
                                            "EXTENSION=" + harmless(envelope.detail)};
    if (at != std::string::npos)
        environment.push_back("DOMAIN=" + harmless(envelope.recipient.substr(at + 1)));
    return environment;
}

Outcome with_output(Outcome outcome, std::string_view output)
{
    if (output.empty())
        return outcome;
    if (const auto line = first_line(output); !line.empty())
        outcome.set_text(fmt::format("{}: {}", outcome.text(), line));
    std::string shown(output);
    if (!is_utf8(shown)) // A Protocol Buffers string.
        std::ranges::replace_if(
            shown, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
    std::ranges::replace(shown, '\0', '?');
    outcome.set_output(std::move(shown));
    return outcome;
}

Outcome outcome_of_exit(int code, std::string_view output)
{
    if (code == EX_OK)
        return with_output(delivered("the program took it"), output);
    const auto known = std::ranges::find(meanings, code, &Meaning::code);
    if (known == meanings.end())
        return with_output(failed("5.3.0", fmt::format("the program ended with {}", code)), output);
    const auto text = fmt::format("the program ended with {} ({})", code, known->text);
    return with_output(known->result == wire::Attempted::DEFERRED ? deferred(known->status, text)
                                                                  : failed(known->status, text),
                       output);
}

} // namespace posthouse::agent
