// SPDX-License-Identifier: Apache-2.0
#include "mail/lexical.hpp"

#include <algorithm>

namespace posthouse::mail {

void skip_cfws(std::string_view& text)
{
    std::size_t depth = 0;
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '(')
            ++depth;
        else if (depth > 0 && c == ')')
            --depth;
        else if (depth > 0 && c == '\\')
            ++at;
        else if (depth == 0 && !is_wsp(c) && c != '\r' && c != '\n')
            break;
    }
    text.remove_prefix(std::min(at, text.size()));
}

bool is_plain_utf8(std::string_view text)
{
    if (!is_utf8(text))
        return false;
    for (auto at = text.find('\xc2'); at != text.npos; at = text.find('\xc2', at + 1))
        if (static_cast<unsigned char>(text[at + 1]) < 0xa0)
            return false;
    return true;
}

bool is_dot_atom(std::string_view text)
{
    const auto fits = [](char c) { return is_atext(c) || is_non_ascii(c) || c == '.'; };
    return !text.empty() && text.front() != '.' && text.back() != '.' && !text.contains("..") &&
           std::ranges::all_of(text, fits);
}

std::string quoted(std::string_view text)
{
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            result += '\\';
        result += c;
    }
    return result + '"';
}

bool is_token_char(char c)
{
    return c > ' ' && c <= '~' && !std::string_view("()<>@,;:\\\"/[]?=").contains(c);
}

std::string_view take_token(std::string_view& text)
{
    skip_cfws(text);
    const auto end = std::ranges::find_if_not(text, is_token_char) - text.begin();
    const auto token = text.substr(0, static_cast<std::size_t>(end));
    text.remove_prefix(token.size());
    skip_cfws(text);
    return token;
}

} // namespace posthouse::mail
