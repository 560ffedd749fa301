// SPDX-License-Identifier: Apache-2.0
#include "mail/address_list.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::mail {
namespace {

/// `name|local|domain` for each entry, `{name` and `}` for the groups; `!` if it was not well
/// formed.
std::string found(std::string_view value, const AddressListLimits& limits = {})
{
    const auto list = parse_address_list(value, limits);
    std::string text = list.well_formed ? "" : "! ";
    for (const auto& entry : list.entries) {
        if (entry.kind == AddressEntry::Kind::group_begin)
            text += '{' + entry.name + ' ';
        else if (entry.kind == AddressEntry::Kind::group_end)
            text += "} ";
        else
            text += entry.name + '|' + entry.local_part + '|' + entry.domain + ' ';
    }
    return text.empty() ? text : text.substr(0, text.size() - 1);
}

TEST(AddressList, ReadsTheExamplesOfRfc5322)
{
    EXPECT_EQ(found("John Doe <jdoe@machine.example>"), "John Doe|jdoe|machine.example");
    EXPECT_EQ(found("Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>"),
              "Mary Smith|mary|x.test |jdoe|example.org Who?|one|y.test");
    EXPECT_EQ(found("<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>"),
              "|boss|nil.test Giant; \"Big\" Box|sysservices|example.net");
    EXPECT_EQ(found("A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;"),
              "{A Group Ed Jones|c|a.test |joe|where.test John|jdoe|one.test }");
    EXPECT_EQ(found("Undisclosed recipients:;"), "{Undisclosed recipients }");
    EXPECT_EQ(found("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>"),
              "Pete|pete|silly.test");
    EXPECT_EQ(found("A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,"
                    "\r\n         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); "
                    "(the end of the group)"),
              "{A Group Chris Jones|c|public.example |joe|example.org John|jdoe|one.test }");
    EXPECT_EQ(found("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;"),
              "{Hidden recipients }");
    EXPECT_EQ(found("Joe Q. Public <john.q.public@example.com>"),
              "Joe Q. Public|john.q.public|example.com");
    EXPECT_EQ(found("Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example"),
              "Mary Smith|mary|example.net |jdoe|test.example");
}

TEST(AddressList, ReadsWhatOldProgramsWrote)
{
    EXPECT_EQ(found("fred@example.org (Fred Bloggs)"), "Fred Bloggs|fred|example.org");
    EXPECT_EQ(found("\"fred\" . \"b l\"@example.org"), "|fred.b l|example.org");
    EXPECT_EQ(found("<@a.test,,@b.test:fred@[192.0.2. 1]>"), "|fred|[192.0.2.1]");
    EXPECT_EQ(found(",,a@b,\r\n ,"), "|a|b");
    EXPECT_EQ(found("<>"), "");
    EXPECT_EQ(found(""), "");
}

TEST(AddressList, LeavesEncodedWordsAndUtf8AsTheyAre)
{
    EXPECT_EQ(found("=?utf-8?Q?Gr=C3=BC=C3=9Fe?= =?utf-8?B?eA==?= <a@b>"),
              "=?utf-8?Q?Gr=C3=BC=C3=9Fe?= =?utf-8?B?eA==?=|a|b");
    EXPECT_EQ(found("\xe9\xa9\xbf \xff <\xe7\x94\xa8@\xe9\xa9\xbf.example>"),
              "\xe9\xa9\xbf \xff|\xe7\x94\xa8|\xe9\xa9\xbf.example");
}

TEST(AddressList, FindsWhatCanBeFoundInWhatIsWrong)
{
    EXPECT_EQ(found("Fred Bloggs fred@example.org"), "! Fred Bloggs|fred|example.org");
    EXPECT_EQ(found("root"), "! |root|");
    EXPECT_EQ(found("everyone in here"), "! everyone in here||");
    EXPECT_EQ(found("a@b; c@d"), "! |a|b |c|d");
    EXPECT_EQ(found("Fred <fred@example.org, a@b"), "! Fred|fred|example.org |a|b");
    EXPECT_EQ(found("fred@example.org> , a@b"), "! |fred|example.org |a|b");
    EXPECT_EQ(found("a@b@c, d@e"), "! |a|b |d|e");
    EXPECT_EQ(found("a@b c, d@e"), "! |a|b |d|e");
    EXPECT_EQ(found("list: a@b"), "! {list |a|b }");
    EXPECT_EQ(found("one: two: a@b;"), "! {one |a|b }");
    EXPECT_EQ(found(": a@b"), "! |a|b");
    EXPECT_EQ(found("\"never closed <a@b>"), "! never closed <a@b>||");
    EXPECT_EQ(found("a@b (never closed, c@d"), "! never closed, c@d|a|b");
    EXPECT_EQ(found("<@a>"), "! ||a");
    EXPECT_EQ(found("a@"), "! |a|");
    EXPECT_EQ(found("a@[never, b@c"), "! |a| |b|c");
}

TEST(AddressList, NamesHoldNoControlCharacters)
{
    EXPECT_EQ(found("\"a\r\n b\tc\x1b\" <d@e>"), "a b c |d|e");
    EXPECT_EQ(found(std::string_view("a\0b@c", 5)), "! a|b|c");
}

TEST(AddressList, LimitsBytesAndEntries)
{
    const auto two = parse_address_list("a@b, c@d, e@f", {.entries = 2});
    EXPECT_EQ(two.entries.size(), 2u);
    EXPECT_FALSE(two.complete);
    EXPECT_TRUE(parse_address_list("a@b, c@d", {.entries = 2}).complete);
    const auto cut = parse_address_list("a@b, c@d", {.bytes = 4});
    EXPECT_EQ(cut.entries.size(), 1u);
    EXPECT_FALSE(cut.complete);
    EXPECT_EQ(found("g: a@b, c@d", {.entries = 2}), "! {g |a|b }");
}

TEST(AddressList, SurvivesDeepAndUnclosedThings)
{
    for (const std::string piece : {"(", "[", "\"", "<", "@", "g:", "<@a,", "\\", "a.", "a "}) {
        std::string value;
        while (value.size() < 250'000)
            value += piece;
        const auto list = parse_address_list(value);
        EXPECT_EQ(list.well_formed, piece == "\"") << piece; // An even number of them.
        EXPECT_LE(list.entries.size(), AddressListLimits().entries + 1) << piece;
    }
}

TEST(AddressList, ReadsBackWhatItWrote)
{
    EXPECT_TRUE(rc::check("the same entries", [] {
        const auto piece = rc::gen::element<std::string>(
            "a", "b c", "\"q \"", "\"\"", ".", "@", "<", ">", ",", ";", ":", "(c)", "[d]", " ",
            "\\", "\xff", "(", "[", "x@y, ", "\r\n ", "\"");
        std::string value;
        for (const auto& part : *rc::gen::container<std::vector<std::string>>(piece))
            value += part;
        const auto list = parse_address_list(value);
        const auto again = parse_address_list(address_list_text(list.entries));
        RC_ASSERT(again.entries == list.entries);
    }));
}

} // namespace
} // namespace posthouse::mail
