// SPDX-License-Identifier: Apache-2.0
#include "pop3/command.hpp"

#include "base/text.hpp"
#include "mail/sasl_response.hpp"

#include <algorithm>
#include <array>

namespace posthouse::pop3 {

namespace {

using Parsed = std::expected<Command, std::string_view>;

struct Arguments {
    std::string_view all;

    bool none() const { return all.empty(); }
    std::optional<std::uint64_t> number() const { return parse_number(all); }
};

template <class T>
Parsed without_argument(const Arguments& arguments)
{
    if (!arguments.none())
        return std::unexpected("This command takes no argument");
    return T{};
}

template <class T>
Parsed with_number(const Arguments& arguments)
{
    if (const auto number = arguments.number())
        return T{*number};
    return std::unexpected("This command takes a message number");
}

template <class T>
Parsed perhaps_with_number(const Arguments& arguments)
{
    if (arguments.none())
        return T{};
    return with_number<T>(arguments);
}

Parsed user(const Arguments& arguments)
{
    if (arguments.none())
        return std::unexpected("This command takes a name");
    return command::User{std::string(arguments.all)};
}

Parsed pass(const Arguments& arguments)
{
    if (arguments.none())
        return std::unexpected("This command takes a password");
    return command::Pass{Secret(std::string(arguments.all))};
}

/// "AUTH" [ SP mechanism [ SP initial-response ] ]. Alone it is older than RFC 5034 and asks for a
/// list.
Parsed auth(const Arguments& arguments)
{
    if (arguments.none())
        return command::Auth{};
    const auto space = std::min(arguments.all.find(' '), arguments.all.size());
    const auto mechanism = arguments.all.substr(0, space);
    if (!mail::is_sasl_mechanism(mechanism))
        return std::unexpected("This command takes a mechanism");
    command::Auth parsed{.mechanism = uppercase(mechanism), .initial = std::nullopt};
    if (space != arguments.all.size()) {
        parsed.initial = mail::parse_initial_sasl_response(arguments.all.substr(space + 1));
        if (!parsed.initial)
            return std::unexpected("The initial response is not base64");
    }
    return parsed;
}

Parsed language(const Arguments& arguments)
{
    command::Language parsed;
    if (!arguments.none())
        parsed.range = std::string(arguments.all);
    return parsed;
}

Parsed top(const Arguments& arguments)
{
    const auto space = arguments.all.find(' ');
    const auto message = parse_number(arguments.all.substr(0, space));
    const auto lines =
        space == arguments.all.npos ? std::nullopt : parse_number(arguments.all.substr(space + 1));
    if (!message || !lines)
        return std::unexpected("This command takes a message number and a count of lines");
    return command::Top{*message, *lines};
}

struct Grammar {
    std::string_view keyword;
    Parsed (*parse)(const Arguments&);
    bool free_text = false; // Trailing spaces belong to the argument.
};

constexpr std::array grammar{
    Grammar{"USER", user, true},
    Grammar{"PASS", pass, true},
    Grammar{"AUTH", auth},
    Grammar{"UTF8", without_argument<command::Utf8>},
    Grammar{"LANG", language},
    Grammar{"STLS", without_argument<command::Stls>},
    Grammar{"CAPA", without_argument<command::Capa>},
    Grammar{"STAT", without_argument<command::Stat>},
    Grammar{"LIST", perhaps_with_number<command::List>},
    Grammar{"UIDL", perhaps_with_number<command::Uidl>},
    Grammar{"RETR", with_number<command::Retrieve>},
    Grammar{"TOP", top},
    Grammar{"DELE", with_number<command::Delete>},
    Grammar{"RSET", without_argument<command::Reset>},
    Grammar{"NOOP", without_argument<command::Noop>},
    Grammar{"QUIT", without_argument<command::Quit>},
};

} // namespace

bool is_auth(std::string_view line)
{
    return starts_with_ignoring_case(line, "AUTH ");
}

std::expected<Command, std::string_view> parse_command(std::string_view line)
{
    if (line.contains('\0'))
        return std::unexpected("A command holds no NUL");
    const auto space = line.find(' ');
    const auto keyword = line.substr(0, space);
    auto rest = space == line.npos ? std::string_view() : line.substr(space + 1);
    for (const auto& rule : grammar)
        if (equal_ignoring_case(keyword, rule.keyword))
            return rule.parse({rule.free_text ? rest : trimmed(rest)});
    return std::unexpected("Unknown command");
}

} // namespace posthouse::pop3
