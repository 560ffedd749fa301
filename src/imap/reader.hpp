// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/literal.hpp"
#include "imap/parser.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The words of RFC 9051 §9, for the parsers of single commands.
namespace posthouse::imap {

/// Reads a command from left to right. The first failure stays, and everything read behind it is
/// empty, so that a parser need not look after each word; loops end by `failed()`.
class Reader {
public:
    Reader(std::string_view text, const ParserSettings& settings) : rest_(text), settings_(settings)
    {
    }

    const ParserLimits& limits() const { return settings_.limits; }
    NameForm names() const { return settings_.names; }
    std::string_view rest() const { return rest_; }

    bool failed() const { return failure_.has_value(); }
    const Refusal& failure() const { return *failure_; }
    /// BAD
    void fail(std::string_view text);
    /// NO, with a response code
    void refuse(std::string_view code, std::string_view text);
    /// Fails unless `count`, of a list so far, is less than the limit.
    void limit(std::size_t count);

    /// The next character; NUL at the end (no line holds one).
    char peek() const { return rest_.empty() || failed() ? '\0' : rest_[0]; }
    /// Takes it if it is `c`.
    bool take(char c);
    void expect(char c);
    /// At least one space; clients send more.
    void space();
    /// If there is a space, takes it and any more.
    bool take_space();
    /// The command ends here, spaces aside.
    void end();

    /// A keyword in upper case: letters, digits, and `-._=+`; what it ends at stays. May be empty.
    std::string keyword();
    /// Takes it if it is the next keyword.
    bool take_keyword(std::string_view upper_case);
    std::string_view atom();
    /// Atom or string. An atom may hold what clients forget to quote: `]`, `\`, `%`, `*`, UTF-8.
    std::string astring();
    std::string string();
    std::optional<std::string> nstring();
    /// The same with literal8, which may hold NULs.
    std::optional<std::string> nstring8();
    std::uint32_t number();
    std::uint32_t positive_number();
    std::uint64_t number64();
    /// A mod-sequence: at most 2^63 - 1 (RFC 7162 §7).
    std::uint64_t mod_seq();
    SequenceSet sequence_set();
    mail::UidSet uid_set();
    MailboxName mailbox();
    std::string pattern();
    /// The flag and what of it is known.
    void flag(mail::Flags& to);
    /// Flags in parentheses.
    mail::Flags flag_list();

    /// Of a literal that is not in the text: the last that stands in it.
    LiteralAnnouncement announcement();

    /// Reads "(item item …)" by calling `item` for each; spaces around items are let through.
    template <class Item>
    void list(const Item& item)
    {
        expect('(');
        take_space();
        for (std::size_t count = 0; !failed() && !take(')'); ++count) {
            limit(count);
            item();
            if (peek() != ')')
                space();
        }
    }
    /// The same with at least one item.
    template <class Item>
    void filled_list(const Item& item)
    {
        if (rest_.starts_with("()"))
            fail("An empty list");
        list(item);
    }

private:
    enum class Nul : std::uint8_t { refused, allowed };
    std::string quoted();
    std::string literal(Nul);
    std::string_view take_while(bool (*holds)(char));

    std::string_view rest_;
    const ParserSettings& settings_;
    std::optional<Refusal> failure_;
};

} // namespace posthouse::imap
