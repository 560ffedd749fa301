// SPDX-License-Identifier: Apache-2.0
#include "mail/message_id.hpp"

#include "mail/lexical.hpp"

#include <algorithm>

namespace posthouse::mail {
namespace {

bool is_space(char c)
{
    return is_wsp(c) || c == '\r' || c == '\n';
}

/// Passes over what stands before the next `<`: comments whole, since one may hold a bracket.
void skip_to_bracket(std::string_view& text)
{
    for (;;) {
        skip_cfws(text);
        if (text.empty() || text.front() == '<')
            return;
        text.remove_prefix(std::min(text.find_first_of("(<"), text.size()));
    }
}

} // namespace

std::string new_message_id(Random& random, const Domain& domain, Timestamp at)
{
    return '<' + base32_encode(static_cast<std::uint64_t>(to_microseconds(at))) + '.' +
           random_token(random, 8) + '@' + domain.text() + '>';
}

std::vector<std::string> message_ids(std::string_view value, const MessageIdLimits& limits)
{
    std::vector<std::string> ids;
    while (ids.size() < limits.ids) {
        skip_to_bracket(value);
        const auto end = value.find('>');
        if (end == value.npos)
            break;
        // An opening bracket inside means that one was never closed: begin again with it.
        const auto begin = value.substr(0, end).rfind('<');
        std::string id(value.substr(begin, end + 1 - begin));
        value.remove_prefix(end + 1);
        std::erase_if(id, is_space);
        const auto fits = [](char c) { return is_printable(c) || is_non_ascii(c); };
        if (id.size() > 2 && id.size() <= limits.id_bytes && std::ranges::all_of(id, fits))
            ids.push_back(std::move(id));
    }
    return ids;
}

} // namespace posthouse::mail
