// SPDX-License-Identifier: Apache-2.0
#include "net/ident.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace posthouse::net {
namespace {

/// What stands before the next `mark`, trimmed; nothing: there is no such mark.
std::optional<std::string_view> take_until(std::string_view& text, char mark)
{
    const auto at = text.find(mark);
    if (at == text.npos)
        return std::nullopt;
    const auto taken = trimmed(text.substr(0, at));
    text.remove_prefix(at + 1);
    return taken;
}

} // namespace

std::string ident_question(IdentPorts ports)
{
    return std::to_string(ports.theirs) + ", " + std::to_string(ports.ours) + "\r\n";
}

std::optional<std::string> ident_user(std::string_view answer, IdentPorts ports)
{
    if (answer.size() > IdentLimits::answer_bytes)
        return std::nullopt;
    const auto theirs = take_until(answer, ',');
    const auto ours = take_until(answer, ':');
    const auto type = take_until(answer, ':');
    const auto system = take_until(answer, ':');
    if (!theirs || !ours || !type || !system || system->empty() ||
        parse_number(*theirs) != ports.theirs || parse_number(*ours) != ports.ours ||
        !equal_ignoring_case(*type, "USERID"))
        return std::nullopt;
    auto user = printable(trimmed(answer), IdentLimits::user_bytes);
    user.resize(std::min(user.size(), IdentLimits::user_bytes));
    std::ranges::replace_if(user, [](char c) { return c < ' ' || c > '~'; }, '?');
    if (user.empty())
        return std::nullopt;
    return user;
}

} // namespace posthouse::net
