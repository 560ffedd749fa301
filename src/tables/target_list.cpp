// SPDX-License-Identifier: Apache-2.0
#include "tables/target_list.hpp"

#include "base/text.hpp"
#include "mail/lexical.hpp"
#include "tables/values.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace posthouse::tables {
namespace {

std::unexpected<std::string> wrong(std::string what)
{
    return std::unexpected(std::move(what));
}

/// Where the part that begins at `at` ends: at a quote's or a comment's end, or one character on.
std::size_t end_of_part(std::string_view text, std::size_t at, bool is_program)
{
    if (text[at] == '\\')
        return std::min(text.size(), at + 2);
    if (text[at] == '"') {
        const auto end = unquote(text.substr(at)).end;
        return end == std::string_view::npos ? text.size() : at + end;
    }
    if (text[at] == '(' && !is_program) {
        auto rest = text.substr(at);
        mail::skip_cfws(rest);
        return text.size() - rest.size();
    }
    return at + 1;
}

/// Without (comments).
std::string without_comments(std::string_view text)
{
    std::string kept;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = end_of_part(text, at, false);
        if (text[at] == '(')
            kept += ' ';
        else
            kept += text.substr(at, end - at);
        at = end;
    }
    return std::string(trimmed(kept));
}

std::expected<Listed, std::string> read_program(std::string_view text)
{
    text = trimmed(text);
    std::string command(text);
    if (text.starts_with('"'))
        if (auto quoted = unquote(text); quoted.end == text.size())
            command = trimmed(quoted.text);
    if (!split_arguments(command))
        return wrong("behind the | stands no command whose quotes are closed; a shell would not be "
                     "asked");
    return Listed{.kind = Target::program, .text = command};
}

std::expected<Listed, std::string> read_path(std::string_view path, Listed listed)
{
    if (!path.starts_with('/') || path.ends_with('/'))
        return wrong(fmt::format("'{}' is no absolute path of a file", printable(path, 100)));
    listed.text = path;
    return listed;
}

/// FEATURE(redirect): user@new.example.REDIRECT tells senders where the user went.
std::optional<Listed> read_redirection(std::string_view address)
{
    constexpr std::string_view suffix = ".REDIRECT";
    if (address.size() <= suffix.size() ||
        !equal_ignoring_case(address.substr(address.size() - suffix.size()), suffix))
        return std::nullopt;
    const auto moved = read_mailbox(address.substr(0, address.size() - suffix.size()));
    if (!moved)
        return std::nullopt;
    return Listed{.kind = Target::error,
                  .text = fmt::format("5.1.6 551 User has moved; please try <{}>", *moved)};
}

std::expected<Listed, std::string> read_address_target(std::string_view text)
{
    if (const auto open = text.rfind('<'); open != text.npos && text.ends_with('>'))
        text = trimmed(text.substr(open + 1, text.size() - open - 2));
    if (auto moved = read_redirection(text))
        return *moved;
    const auto address = read_address(text);
    if (!address)
        return wrong(address.error());
    const bool local = text.rfind('@') == text.npos || text.ends_with('"');
    return Listed{.kind = local ? Target::local : Target::address, .text = *address};
}

/// Whether it stood in quotes or not.
std::optional<std::expected<Listed, std::string>> read_special(std::string_view text)
{
    if (text.starts_with('|'))
        return read_program(text.substr(1));
    if (starts_with_ignoring_case(text, ":include:"))
        return read_path(trimmed(text.substr(9)), {.sort = Listed::Sort::include});
    for (const std::string_view prefix : {":error:", "error:"})
        if (starts_with_ignoring_case(text, prefix)) {
            const auto said = trimmed(text.substr(prefix.size()));
            if (said.empty())
                return Listed{.kind = Target::error};
            auto refusal = read_refusal(said, "5.1.1");
            if (!refusal)
                return wrong(refusal.error());
            return Listed{.kind = Target::error, .text = *std::move(refusal)};
        }
    if (text.starts_with(':'))
        return wrong(fmt::format("'{}' is unknown; :include:/file or :error: text would be right",
                                 printable(text, 100)));
    return std::nullopt;
}

} // namespace

Unquoted unquote(std::string_view text)
{
    Unquoted result;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            result.end = i + 1;
            return result;
        }
        if (text[i] == '\\' && i + 1 < text.size())
            ++i;
        result.text += text[i];
    }
    result.end = std::string_view::npos;
    return result;
}

std::vector<std::string_view> split_targets(std::string_view text)
{
    std::vector<std::string_view> targets;
    for (std::size_t begin = 0; begin < text.size();) {
        begin = std::min(text.find_first_not_of(" \t,", begin), text.size());
        const bool is_program = begin < text.size() && text[begin] == '|';
        bool in_brackets = false;
        auto at = begin;
        while (at < text.size() && (text[at] != ',' || in_brackets)) {
            if (text[at] == '<' || text[at] == '>')
                in_brackets = text[at] == '<' && !is_program;
            at = end_of_part(text, at, is_program);
        }
        if (at > begin)
            targets.push_back(trimmed(text.substr(begin, at - begin)));
        begin = at;
    }
    return targets;
}

std::expected<Listed, std::string> read_target(std::string_view text)
{
    if (auto special = read_special(text))
        return *std::move(special);
    if (text.starts_with('"')) {
        const auto quoted = unquote(text);
        if (quoted.end == text.npos)
            return wrong("a closing \" is missing");
        if (quoted.end == text.size()) {
            if (auto special = read_special(quoted.text))
                return *std::move(special);
            if (quoted.text.starts_with('/'))
                return read_path(quoted.text, {.kind = Target::file});
        }
    }
    const auto plain = without_comments(text);
    if (plain.empty())
        return wrong("a comment stands where an address would");
    if (plain.starts_with('/') && !read_mailbox(plain))
        return read_path(plain, {.kind = Target::file});
    if (plain.starts_with('\\')) {
        const auto name = read_address(std::string_view(plain).substr(1));
        if (!name)
            return wrong(name.error());
        if (!plain.contains('@'))
            return Listed{.kind = Target::keep, .text = *name};
        return Listed{.kind = Target::address, .text = *name};
    }
    return read_address_target(plain);
}

} // namespace posthouse::tables
