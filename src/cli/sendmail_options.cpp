// SPDX-License-Identifier: Apache-2.0
#include "cli/sendmail_options.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace posthouse::cli {
namespace {

struct Name {
    std::string_view name;
    SendmailMode mode;
};
constexpr std::array names{
    Name{"sendmail", SendmailMode::deliver},       Name{"send-mail", SendmailMode::deliver},
    Name{"mailq", SendmailMode::list_queue},       Name{"newaliases", SendmailMode::check_tables},
    Name{"praliases", SendmailMode::list_aliases}, Name{"mailstats", SendmailMode::statistics},
    Name{"hoststat", SendmailMode::list_hosts},    Name{"purgestat", SendmailMode::forget_hosts}};

/// These take a value, attached or as the next argument.
constexpr std::string_view with_value = "ABCDFfLMNOoprRVXhbe";
/// These may have one, attached.
constexpr std::string_view with_attached_value = "qd";
/// Taken, for callers that have always given them, without effect.
constexpr std::string_view without_effect = "AcDdeGhLMmnopsTUx";

using Wrong = std::optional<std::string>;

Wrong refuse_server()
{
    return "the server is started by `posthouse serve` (systemctl start posthouse), and tries "
           "its queue by itself";
}

bool holds_control_character(std::string_view text)
{
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

class Parser {
public:
    explicit Parser(SendmailMode mode)
    {
        call.mode = mode;
        counts_ = mode == SendmailMode::statistics;
        lists_aliases_ = mode == SendmailMode::list_aliases;
    }

    Wrong take(const std::vector<std::string>& arguments)
    {
        std::size_t i = 0;
        for (; i < arguments.size(); ++i) {
            const std::string_view argument = arguments[i];
            if (argument == "--") {
                ++i;
                break;
            }
            if (argument.size() < 2 || argument.front() != '-') {
                // A name, with more options behind it: as getopt of the GNU library has it.
                call.arguments.emplace_back(argument);
                continue;
            }
            if (auto wrong = take_cluster(arguments, i))
                return wrong;
        }
        for (; i < arguments.size(); ++i)
            call.arguments.push_back(arguments[i]);
        return check();
    }

    SendmailCall call;

private:
    /// -ti, -froot, -f root
    Wrong take_cluster(const std::vector<std::string>& arguments, std::size_t& i)
    {
        std::string_view rest = std::string_view(arguments[i]).substr(1);
        while (!rest.empty()) {
            const char option = rest.front();
            rest.remove_prefix(1);
            if (with_attached_value.contains(option))
                return take_option(option, rest);
            if (counts_ && (option == 'o' || option == 'p'))
                continue;
            if (!with_value.contains(option)) {
                if (auto wrong = take_option(option, {}))
                    return wrong;
                continue;
            }
            if (!rest.empty())
                return take_option(option, rest);
            if (i + 1 == arguments.size())
                return fmt::format("option -{} takes a value", printable({&option, 1}));
            return take_option(option, arguments[++i]);
        }
        return std::nullopt;
    }

    Wrong take_option(char option, std::string_view value)
    {
        switch (option) {
        case 't':
            call.recipients = SendmailCall::Recipients::header_too;
            return std::nullopt;
        case 'i':
            call.dot = SendmailCall::Dot::is_text;
            return std::nullopt;
        case 'I':
            return set_mode('i');
        case 'v':
            call.speech = SendmailCall::Speech::verbose;
            return std::nullopt;
        case 'b':
            return value.size() == 1 ? set_mode(value.front()) : refuse('b', value);
        case 'f':
        case 'r':
            (lists_aliases_ ? call.alias_file : call.sender.emplace()) = value;
            return std::nullopt;
        case 'F':
            call.full_name = value;
            return std::nullopt;
        case 'C':
            call.config_path = value;
            return std::nullopt;
        case 'o':
            return take_old_option(value);
        case 'O':
            return take_long_option(value);
        case 'q':
            return take_queue_option(value);
        case 'N':
        case 'R':
        case 'V':
        case 'B':
            return take_terms(option, value);
        case 'X':
            return "option -X: no traffic log is written; `posthouse trace` tells what became of "
                   "a letter";
        default:
            break;
        }
        if (without_effect.contains(option))
            return std::nullopt;
        return fmt::format("option -{} is unknown; see sendmail(1)", printable({&option, 1}));
    }

    static Wrong refuse(char option, std::string_view value)
    {
        return fmt::format("-{}{} means nothing here; see sendmail(1)", option, printable(value));
    }

    Wrong set_mode(char letter)
    {
        switch (letter) {
        case 'm':
            call.mode = SendmailMode::deliver;
            return std::nullopt;
        case 's':
            call.mode = SendmailMode::converse;
            return std::nullopt;
        case 'p':
            call.mode = SendmailMode::list_queue;
            return std::nullopt;
        case 'v':
            call.mode = SendmailMode::verify;
            return std::nullopt;
        case 'i':
            call.mode = SendmailMode::check_tables;
            return std::nullopt;
        case 'h':
            call.mode = SendmailMode::list_hosts;
            return std::nullopt;
        case 'H':
            call.mode = SendmailMode::forget_hosts;
            return std::nullopt;
        case 'd':
        case 'D':
            return refuse_server();
        case 't':
            return "-bt: addresses are tried by `posthouse explain ADDRESS`";
        default:
            return refuse('b', {&letter, 1});
        }
    }

    /// -oi, -oem, -odb: one letter, and a value.
    Wrong take_old_option(std::string_view value)
    {
        if (value.starts_with('i'))
            call.dot = value.substr(1).starts_with('f') || value.substr(1).starts_with('F')
                           ? SendmailCall::Dot::ends_letter
                           : SendmailCall::Dot::is_text;
        return std::nullopt;
    }

    Wrong take_long_option(std::string_view value)
    {
        const auto equals = std::min(value.find('='), value.size());
        if (equal_ignoring_case(trimmed(value.substr(0, equals)), "IgnoreDots"))
            return take_old_option(
                "i" + std::string(trimmed(value.substr(std::min(equals + 1, value.size())))));
        return std::nullopt;
    }

    Wrong take_queue_option(std::string_view value)
    {
        if (call.mode == SendmailMode::deliver)
            call.mode = SendmailMode::run_queue;
        if (value.empty() || value == "f" || value == "v")
            return std::nullopt;
        QueuePattern pattern;
        if (value.front() == '!') {
            pattern.sense = QueuePattern::Sense::lacks;
            value.remove_prefix(1);
        }
        using Part = QueuePattern::Part;
        const char part = value.empty() ? '\0' : value.front();
        if (is_digit(part) || part == 'p')
            return refuse_server();
        if (part != 'I' && part != 'R' && part != 'S')
            return refuse('q', value);
        pattern.part = part == 'I' ? Part::id : part == 'R' ? Part::recipient : Part::sender;
        pattern.text = value.substr(1);
        if (pattern.text.empty())
            return fmt::format("-q{} takes a part of what is looked for", part);
        call.patterns.push_back(std::move(pattern));
        return std::nullopt;
    }

    Wrong take_terms(char option, std::string_view value)
    {
        const auto wrong = [&](std::string_view right) {
            return fmt::format("-{} {}: {}", option, printable(value), right);
        };
        if (option == 'N') {
            const auto notify = mail::parse_notify(uppercase(value));
            if (!notify)
                return wrong("never, or of success, failure and delay one or more with commas");
            call.notify = *notify;
        } else if (option == 'R') {
            const auto ret = mail::parse_return(uppercase(value));
            if (!ret)
                return wrong("full or hdrs");
            call.ret = *ret;
        } else if (option == 'V') {
            const auto id = mail::parse_envelope_id(mail::encode_xtext(value));
            if (!id || holds_control_character(value) || !is_ascii(value))
                return wrong("printable ASCII, at most 100 characters");
            call.envelope_id = *id;
        } else if (equal_ignoring_case(value, "8BITMIME")) {
            call.body = SendmailCall::Body::eight_bit;
        } else if (equal_ignoring_case(value, "7BIT")) {
            call.body = SendmailCall::Body::seven_bit;
        } else {
            return wrong("7BIT or 8BITMIME");
        }
        return std::nullopt;
    }

    /// Nothing that could end a line gets any further.
    Wrong check() const
    {
        for (const auto& argument : call.arguments) {
            if (argument.size() > SendmailLimits::argument_bytes)
                return "an argument is too long";
            if (holds_control_character(argument) && call.mode != SendmailMode::deliver)
                return fmt::format("{}: control characters", printable(argument, 64));
        }
        if (call.sender && holds_control_character(*call.sender))
            return fmt::format("-f {}: control characters", printable(*call.sender, 64));
        if (call.config_path.contains('\0') || call.alias_file.contains('\0'))
            return "a file's name holds a NUL";
        return std::nullopt;
    }

    bool counts_ = false;        // mailstats: -c, -o and -p are switches.
    bool lists_aliases_ = false; // praliases: -f names a file.
};

} // namespace

bool is_sendmail_name(std::string_view program)
{
    return std::ranges::find(names, program, &Name::name) != names.end();
}

std::expected<SendmailCall, std::string> parse_sendmail(std::string_view name,
                                                        const std::vector<std::string>& arguments)
{
    const auto* const found = std::ranges::find(names, name, &Name::name);
    Parser parser(found == names.end() ? SendmailMode::deliver : found->mode);
    if (auto wrong = parser.take(arguments))
        return std::unexpected(std::move(*wrong));
    return std::move(parser.call);
}

} // namespace posthouse::cli
