// SPDX-License-Identifier: Apache-2.0
#include "mail/html_text.hpp"

#include "base/text.hpp"
#include "mail/lexical.hpp"
#include "mail/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace posthouse::mail {
namespace {

constexpr std::size_t longest_name = 32;

constexpr std::array<std::string_view, 6> hidden_elements = {"style",    "script",   "title",
                                                             "noscript", "template", "xml"};
constexpr std::array<std::string_view, 26> block_elements = {
    "p",  "br",         "div", "tr",      "li",      "ul",     "ol",     "table", "h1",
    "h2", "h3",         "h4",  "h5",      "h6",      "td",     "th",     "hr",    "dd",
    "dt", "blockquote", "pre", "section", "article", "header", "footer", "body"};

struct Reference {
    std::string_view name;
    char32_t character;
};
/// Those that letters use. Others are shown as they were written.
constexpr auto references = std::to_array<Reference>(
    {{"amp", '&'},       {"lt", '<'},        {"gt", '>'},       {"quot", '"'},
     {"apos", '\''},     {"nbsp", ' '},      {"ensp", ' '},     {"emsp", ' '},
     {"thinsp", ' '},    {"zwnj", 0x200c},   {"zwj", 0x200d},   {"shy", 0xad},
     {"copy", 0xa9},     {"reg", 0xae},      {"trade", 0x2122}, {"euro", 0x20ac},
     {"pound", 0xa3},    {"yen", 0xa5},      {"cent", 0xa2},    {"sect", 0xa7},
     {"para", 0xb6},     {"deg", 0xb0},      {"plusmn", 0xb1},  {"middot", 0xb7},
     {"bull", 0x2022},   {"hellip", 0x2026}, {"ndash", 0x2013}, {"mdash", 0x2014},
     {"lsquo", 0x2018},  {"rsquo", 0x2019},  {"sbquo", 0x201a}, {"ldquo", 0x201c},
     {"rdquo", 0x201d},  {"bdquo", 0x201e},  {"laquo", 0xab},   {"raquo", 0xbb},
     {"lsaquo", 0x2039}, {"rsaquo", 0x203a}, {"iexcl", 0xa1},   {"iquest", 0xbf},
     {"times", 0xd7},    {"divide", 0xf7},   {"frac12", 0xbd},  {"frac14", 0xbc},
     {"frac34", 0xbe},   {"sup2", 0xb2},     {"sup3", 0xb3},    {"micro", 0xb5},
     {"larr", 0x2190},   {"uarr", 0x2191},   {"rarr", 0x2192},  {"darr", 0x2193},
     {"auml", 0xe4},     {"ouml", 0xf6},     {"uuml", 0xfc},    {"Auml", 0xc4},
     {"Ouml", 0xd6},     {"Uuml", 0xdc},     {"szlig", 0xdf},   {"euml", 0xeb},
     {"iuml", 0xef},     {"yuml", 0xff},     {"agrave", 0xe0},  {"aacute", 0xe1},
     {"acirc", 0xe2},    {"atilde", 0xe3},   {"aring", 0xe5},   {"aelig", 0xe6},
     {"ccedil", 0xe7},   {"egrave", 0xe8},   {"eacute", 0xe9},  {"ecirc", 0xea},
     {"igrave", 0xec},   {"iacute", 0xed},   {"icirc", 0xee},   {"eth", 0xf0},
     {"ntilde", 0xf1},   {"ograve", 0xf2},   {"oacute", 0xf3},  {"ocirc", 0xf4},
     {"otilde", 0xf5},   {"oslash", 0xf8},   {"ugrave", 0xf9},  {"uacute", 0xfa},
     {"ucirc", 0xfb},    {"yacute", 0xfd},   {"thorn", 0xfe},   {"Agrave", 0xc0},
     {"Aacute", 0xc1},   {"Acirc", 0xc2},    {"Atilde", 0xc3},  {"Aring", 0xc5},
     {"AElig", 0xc6},    {"Ccedil", 0xc7},   {"Egrave", 0xc8},  {"Eacute", 0xc9},
     {"Ecirc", 0xca},    {"Euml", 0xcb},     {"Igrave", 0xcc},  {"Iacute", 0xcd},
     {"Icirc", 0xce},    {"Iuml", 0xcf},     {"ETH", 0xd0},     {"Ntilde", 0xd1},
     {"Ograve", 0xd2},   {"Oacute", 0xd3},   {"Ocirc", 0xd4},   {"Otilde", 0xd5},
     {"Oslash", 0xd8},   {"Ugrave", 0xd9},   {"Uacute", 0xda},  {"Ucirc", 0xdb},
     {"Yacute", 0xdd},   {"THORN", 0xde},    {"oelig", 0x153},  {"OElig", 0x152},
     {"scaron", 0x161},  {"Scaron", 0x160},  {"ordf", 0xaa},    {"ordm", 0xba}});

/// Nothing: it is none.
char32_t referenced(std::string_view name)
{
    if (!name.starts_with('#')) {
        const auto* const found = std::ranges::find(references, name, &Reference::name);
        return found == references.end() ? 0 : found->character;
    }
    name.remove_prefix(1);
    const bool hexadecimal = name.starts_with('x') || name.starts_with('X');
    name.remove_prefix(hexadecimal ? 1 : 0);
    std::uint32_t number = 0;
    const auto [end, error] =
        std::from_chars(name.data(), name.data() + name.size(), number, hexadecimal ? 16 : 10);
    if (error != std::errc() || end != name.data() + name.size() || name.empty())
        return 0;
    return number == 0 || number > 0x10ffff ? replacement_character : number;
}

bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

bool is_reference_char(char c)
{
    return is_let_dig(c) || c == '#';
}

} // namespace

void HtmlText::append(std::string_view piece, std::string& to)
{
    for (const char c : piece)
        take(c, to);
}

void HtmlText::finish(std::string& to)
{
    if (state_ == State::reference)
        end_reference(to);
    else if (state_ == State::tag_name && hidden_.empty())
        show('<' + name_.substr(0, name_.size() - unfinished_utf8(name_)), to);
    state_ = State::text;
}

void HtmlText::take(char c, std::string& to)
{
    switch (state_) {
    case State::reference:
        if (is_reference_char(c) && name_.size() < longest_name) {
            name_ += c;
            return;
        }
        end_reference(to);
        if (c == ';')
            return;
        [[fallthrough]];
    case State::text:
        if (c == '<') {
            state_ = State::tag_name;
            name_.clear();
        } else if (!hidden_.empty()) {
            return;
        } else if (c == '&') {
            state_ = State::reference;
            name_.clear();
        } else if (is_space(c)) {
            space_ = true;
        } else {
            show({&c, 1}, to);
        }
        return;
    case State::tag_name:
        if (name_.empty() && !hidden_.empty() && c != '/') {
            state_ = State::text; // A script's: only an end tag ends it.
            take(c, to);
        } else if (name_.empty() && !is_alpha(c) && c != '/' && c != '!' && c != '?') {
            state_ = State::text; // Not a tag: 1 < 2
            if (hidden_.empty())
                show("<", to);
            take(c, to);
        } else if (name_.empty() && (c == '!' || c == '?')) {
            state_ = State::declaration;
            dashes_ = 0;
        } else if (c == '>' || is_space(c) || (c == '/' && !name_.empty())) {
            end_tag_name();
            state_ = c == '>' || !hidden_.empty() ? State::text : State::tag;
            value_follows_ = false;
        } else if (name_.size() < longest_name) {
            name_ += to_lower(c);
        }
        return;
    case State::tag:
        if (c == '>') {
            state_ = State::text;
        } else if (value_follows_ && (c == '"' || c == '\'')) {
            state_ = State::quote;
            quote_ = c;
        }
        // Quotes count behind = alone: one that stands elsewhere would swallow the letter.
        value_follows_ = c == '=' || (value_follows_ && is_space(c));
        return;
    case State::quote:
        if (c == quote_) {
            state_ = State::tag;
            value_follows_ = false;
        }
        return;
    case State::declaration:
        dashes_ = c == '-' ? static_cast<std::uint8_t>(dashes_ + 1) : std::uint8_t{3};
        if (c == '>')
            state_ = State::text;
        else if (dashes_ == 2) {
            state_ = State::comment;
            dashes_ = 0;
        }
        return;
    case State::comment:
        if (c == '>' && dashes_ >= 2)
            state_ = State::text;
        dashes_ = c == '-' ? static_cast<std::uint8_t>(std::min(dashes_ + 1, 2)) : std::uint8_t{0};
        return;
    }
}

void HtmlText::show(std::string_view text, std::string& to)
{
    if (begun_ && line_)
        to += '\n';
    else if (begun_ && space_)
        to += ' ';
    line_ = space_ = false;
    begun_ = true;
    to += text;
}

void HtmlText::end_tag_name()
{
    std::string_view name = name_;
    const bool closing = name.starts_with('/');
    name.remove_prefix(closing ? 1 : 0);
    if (!hidden_.empty()) {
        if (closing && name == hidden_)
            hidden_.clear();
        return;
    }
    if (std::ranges::find(block_elements, name) != block_elements.end())
        line_ = true;
    else if (!closing && std::ranges::find(hidden_elements, name) != hidden_elements.end())
        hidden_ = name;
}

void HtmlText::end_reference(std::string& to)
{
    state_ = State::text;
    const auto character = referenced(name_);
    if (character == 0) {
        show('&' + name_, to);
    } else if (character == ' ' || character == 0xa0) {
        space_ = true;
    } else {
        std::string text;
        append_utf8(text, character);
        show(text, to);
    }
}

std::string html_text(std::string_view utf8, std::size_t most)
{
    HtmlText html;
    std::string text;
    while (!utf8.empty() && text.size() < most) {
        const auto piece = utf8.substr(0, 4096);
        html.append(piece, text);
        utf8.remove_prefix(piece.size());
    }
    html.finish(text);
    text.resize(utf8_front(text, most).size());
    return text;
}

} // namespace posthouse::mail
