// SPDX-License-Identifier: Apache-2.0
#include "imap/reader.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <limits>

namespace posthouse::imap {

namespace {

bool is_keyword_character(char c)
{
    return is_alpha(c) || is_digit(c) || std::string_view("-._=+").contains(c);
}

/// ATOM-CHAR
bool is_atom_character(char c)
{
    return c > ' ' && c <= '~' && !std::string_view("(){%*\"\\]").contains(c);
}

/// What ends an astring that should have been quoted.
bool is_lax_character(char c)
{
    return static_cast<unsigned char>(c) > ' ' && c != '\x7f' &&
           !std::string_view("(){\"").contains(c);
}

bool is_set_character(char c)
{
    return is_digit(c) || std::string_view(":,*$").contains(c);
}

} // namespace

void Reader::fail(std::string_view text)
{
    if (!failed())
        failure_ = {Refusal::How::bad, {}, std::string(text)};
    rest_ = {};
}

void Reader::refuse(std::string_view code, std::string_view text)
{
    if (!failed())
        failure_ = {Refusal::How::no, std::string(code), std::string(text)};
    rest_ = {};
}

void Reader::limit(std::size_t count)
{
    if (count >= limits().list_items)
        refuse("LIMIT", "Too long a list");
}

bool Reader::take(char c)
{
    if (rest_.empty() || rest_[0] != c)
        return false;
    rest_.remove_prefix(1);
    return true;
}

void Reader::expect(char c)
{
    if (take(c))
        return;
    const std::string wanted(1, c);
    fail(rest_.empty() ? "The command ends too early: '" + wanted + "' is missing"
                       : "There should be a '" + wanted + "'");
}

void Reader::space()
{
    if (!take_space())
        fail(rest_.empty() ? "An argument is missing" : "There should be a space");
}

bool Reader::take_space()
{
    return !take_while([](char c) { return c == ' '; }).empty();
}

void Reader::end()
{
    take_space();
    if (!rest_.empty())
        fail("There is more than the command takes");
}

std::string_view Reader::take_while(bool (*holds)(char))
{
    const auto end = std::ranges::find_if_not(rest_, holds);
    const auto taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(taken.size());
    return taken;
}

std::string Reader::keyword()
{
    return uppercase(take_while(is_keyword_character));
}

bool Reader::take_keyword(std::string_view upper_case)
{
    if (!starts_with_ignoring_case(rest_, upper_case) ||
        (rest_.size() > upper_case.size() && is_keyword_character(rest_[upper_case.size()])))
        return false;
    rest_.remove_prefix(upper_case.size());
    return true;
}

std::string_view Reader::atom()
{
    const auto text = take_while(is_atom_character);
    if (text.empty())
        fail("A word is missing");
    return text;
}

std::string Reader::astring()
{
    if (peek() == '"')
        return quoted();
    if (peek() == '{')
        return literal(Nul::refused);
    const auto text = take_while(is_lax_character);
    if (text.empty())
        fail("An argument is missing");
    else if (!is_utf8(text))
        fail("8-bit characters outside of a string");
    return std::string(text);
}

std::string Reader::string()
{
    if (peek() == '{')
        return literal(Nul::refused);
    return quoted();
}

std::optional<std::string> Reader::nstring()
{
    if (peek() != '"' && take_keyword("NIL"))
        return std::nullopt;
    return string();
}

std::optional<std::string> Reader::nstring8()
{
    if (rest_.starts_with("~{")) {
        take('~');
        return literal(Nul::allowed);
    }
    return nstring();
}

std::string Reader::quoted()
{
    expect('"');
    std::string text;
    while (!failed()) {
        const auto run = rest_.substr(0, rest_.find_first_of("\"\\\r\n"));
        text += run;
        rest_.remove_prefix(run.size());
        if (take('"'))
            return text;
        // Old clients quote more than `"` and `\`.
        if (!take('\\') || rest_.empty() || rest_[0] == '\r' || rest_[0] == '\n') {
            fail("A quoted string does not end");
            break;
        }
        text += rest_[0];
        rest_.remove_prefix(1);
    }
    return {};
}

std::string Reader::literal(Nul nul)
{
    const auto line_end = rest_.find("\r\n");
    const auto announced = announced_literal(rest_.substr(0, line_end));
    if (line_end == rest_.npos || !announced || announced->length != line_end ||
        announced->bytes > rest_.size() - line_end - 2) {
        fail("A literal is not announced as it should be");
        return {};
    }
    const auto bytes = rest_.substr(line_end + 2, static_cast<std::size_t>(announced->bytes));
    rest_.remove_prefix(line_end + 2 + bytes.size());
    if (nul == Nul::refused && bytes.contains('\0')) {
        fail("A literal holds a NUL");
        return {};
    }
    return std::string(bytes);
}

LiteralAnnouncement Reader::announcement()
{
    const auto announced = announced_literal(rest_);
    if (!announced || announced->length != rest_.size()) {
        fail("A message is to come as a literal");
        return {};
    }
    rest_ = {};
    return *announced;
}

std::uint64_t Reader::number64()
{
    const auto value = parse_number(take_while(is_digit));
    if (!value || *value > std::numeric_limits<std::int64_t>::max())
        fail("A number is missing, or too large");
    return value.value_or(0);
}

std::uint32_t Reader::number()
{
    const auto value = number64();
    if (value > std::numeric_limits<std::uint32_t>::max()) {
        fail("A number is too large");
        return 0;
    }
    return static_cast<std::uint32_t>(value);
}

std::uint32_t Reader::positive_number()
{
    const auto value = number();
    if (value == 0)
        fail("A number is not to be 0");
    return value;
}

std::uint64_t Reader::mod_seq()
{
    return number64();
}

SequenceSet Reader::sequence_set()
{
    auto set = parse_sequence_set(take_while(is_set_character), limits().set_ranges);
    if (!set)
        fail("Invalid message set");
    return std::move(set).value_or(SequenceSet{});
}

mail::UidSet Reader::uid_set()
{
    auto set = mail::UidSet::parse(take_while(is_set_character), limits().set_ranges);
    if (!set)
        fail("Invalid set of UIDs");
    return std::move(set).value_or(mail::UidSet{});
}

MailboxName Reader::mailbox()
{
    auto name = read_mailbox_name(astring(), names());
    if (!name)
        fail("The mailbox's name is neither modified UTF-7 nor UTF-8");
    return std::move(name).value_or(MailboxName{});
}

std::string Reader::pattern()
{
    auto pattern = read_pattern(astring(), names());
    if (!pattern)
        fail("The mailbox's name is neither modified UTF-7 nor UTF-8");
    return std::move(pattern).value_or(std::string{});
}

void Reader::flag(mail::Flags& to)
{
    if (take('\\')) {
        const auto name = "\\" + std::string(take_while(is_atom_character));
        if (const auto flag = mail::system_flag(name))
            to.system.set(*flag);
        else
            fail("Invalid system flag " + name);
        return;
    }
    const auto keyword = atom();
    if (failed())
        return;
    if (!mail::is_keyword(keyword))
        refuse("LIMIT", "Too long a keyword");
    else
        to.add_keyword(keyword);
}

mail::Flags Reader::flag_list()
{
    mail::Flags flags;
    list([&] { flag(flags); });
    return flags;
}

} // namespace posthouse::imap
