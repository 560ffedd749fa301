// SPDX-License-Identifier: Apache-2.0
#include "mail/header_lexer.hpp"

#include "mail/lexical.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::mail {
namespace {

constexpr bool is_control(char c)
{
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}
constexpr bool is_special(char c)
{
    return std::string_view("()<>[]:;@\\,.\"").contains(c);
}

/// Inside quotes and comments: a line end belongs to the folding.
void append_plain(std::string& to, char c)
{
    if (c != '\r' && c != '\n')
        to += is_control(c) ? ' ' : c;
}

} // namespace

HeaderToken HeaderLexer::next()
{
    using enum HeaderToken::Kind;
    const bool spaced = skip_space();
    if (rest_.empty())
        return {.kind = end, .text = {}, .after_space = spaced};
    const char c = rest_.front();
    if (c == '"')
        return {.kind = quoted, .text = read_quoted(), .after_space = spaced};
    if (c == '[' && may_close_literal())
        return {.kind = literal, .text = read_literal(), .after_space = spaced};
    const auto stops = [](char at) { return is_special(at) || is_control(at) || at == ' '; };
    const auto length =
        is_special(c)
            ? 1
            : static_cast<std::size_t>(std::ranges::find_if(rest_, stops) - rest_.begin());
    HeaderToken token{.kind = is_special(c) ? special : atom,
                      .text = std::string(rest_.substr(0, length)),
                      .after_space = spaced};
    saw_fault_ |= token.is(')') || token.is('[') || token.is(']') || token.is('\\');
    rest_.remove_prefix(length);
    return token;
}

std::string HeaderLexer::take_comment()
{
    return std::exchange(comment_, {});
}

/// Looks for the bracket once only if there is none, or many that open would take quadratic time.
bool HeaderLexer::may_close_literal()
{
    no_literal_ = no_literal_ || !rest_.contains(']');
    return !no_literal_;
}

bool HeaderLexer::skip_space()
{
    const auto before = rest_.size();
    while (!rest_.empty() && (is_control(rest_[0]) || rest_[0] == ' ' || rest_[0] == '(')) {
        if (rest_[0] == '(')
            read_comment();
        else
            rest_.remove_prefix(1);
    }
    return rest_.size() != before;
}

void HeaderLexer::read_comment()
{
    std::string inside;
    std::size_t depth = 1;
    std::size_t at = 1;
    for (; at < rest_.size(); ++at) {
        if (rest_[at] == '\\' && at + 1 < rest_.size())
            ++at;
        else if (rest_[at] == '(')
            ++depth;
        else if (rest_[at] == ')' && --depth == 0)
            break;
        append_plain(inside, rest_[at]);
    }
    saw_fault_ |= at == rest_.size();
    rest_.remove_prefix(std::min(at + 1, rest_.size()));
    comment_ = trimmed(inside);
}

std::string HeaderLexer::read_quoted()
{
    std::string inside;
    std::size_t at = 1;
    for (; at < rest_.size() && rest_[at] != '"'; ++at) {
        if (rest_[at] == '\\' && at + 1 < rest_.size())
            ++at;
        append_plain(inside, rest_[at]);
    }
    saw_fault_ |= at == rest_.size();
    rest_.remove_prefix(std::min(at + 1, rest_.size()));
    return inside;
}

std::string HeaderLexer::read_literal()
{
    const auto length = rest_.find(']') + 1;
    std::string literal(rest_.substr(0, length));
    std::erase_if(literal, [](char c) { return is_control(c) || c == ' '; });
    rest_.remove_prefix(length);
    return literal;
}

} // namespace posthouse::mail
