// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "imap/dates.hpp"
#include "imap/parser.hpp"
#include "imap/search_plan.hpp"
#include "tests/imap/render.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::imap {
namespace {

using namespace std::chrono_literals;

SearchKey program(std::string_view text)
{
    auto command = parse_command("a SEARCH " + std::string(text), {});
    EXPECT_TRUE(command) << text << ": " << command.error().why.text;
    return std::get<command::Search>(command->body).program;
}

std::int64_t at(std::string_view date)
{
    return to_microseconds(parse_internal_date(date)->at);
}

const std::vector<std::string> keywords{"$Junk", "Work"};

struct ImapSearchPlan : testing::Test {
    mail::MessageEntry entry{
        .uid = 7,
        .modseq = 100,
        .flags = mail::SystemFlags(mail::SystemFlag::seen) | mail::SystemFlag::flagged,
        .keywords = 2,
        .size = 1000,
        .internal_date = at(" 5-Mar-2020 23:59:59 +0000"),
        .save_date = at(" 7-Mar-2020 00:00:00 +0000"),
        .email = 42,
        .thread = 43,
    };
    SearchScene scene{.keywords = keywords,
                      .now = from_microseconds(at(" 6-Mar-2020 00:00:09 +0000"))};

    Truth by_entry(std::string_view text)
    {
        return SearchPlan(program(text), scene).by_entry(entry);
    }

    /// What it is, and which leaves were asked about, those whose text holds "y" being so.
    std::string asked(std::string_view text)
    {
        std::string told;
        const SearchPlan plan(program(text), scene);
        const bool is = plan.matches(entry, [&](const SearchKey& leaf) {
            const auto name = render(leaf);
            told += " " + name;
            return name.contains('y');
        });
        return (is ? "yes" : "no") + told;
    }
};

TEST_F(ImapSearchPlan, DecidesByTheEntryWhatItCan)
{
    for (const std::string_view text : {"ALL",
                                        "SEEN",
                                        "FLAGGED",
                                        "UNDELETED",
                                        "KEYWORD work",
                                        "UNKEYWORD $Junk",
                                        "UNKEYWORD none",
                                        "UID 5:9",
                                        "NOT UID 8:*",
                                        "ON 5-Mar-2020",
                                        "SINCE 5-Mar-2020",
                                        "BEFORE 6-Mar-2020",
                                        "SAVEDON 7-Mar-2020",
                                        "SAVEDATESUPPORTED",
                                        "LARGER 999",
                                        "SMALLER 1001",
                                        "YOUNGER 10",
                                        "YOUNGER 11",
                                        "OLDER 10",
                                        "OLDER 9",
                                        "MODSEQ 100",
                                        "OLD",
                                        "OR DELETED SEEN",
                                        "(SEEN FLAGGED)",
                                        "FUZZY SEEN"})
        EXPECT_EQ(by_entry(text), Truth::yes) << text;
    for (const std::string_view text : {"UNSEEN",
                                        "DRAFT",
                                        "KEYWORD $Junk",
                                        "KEYWORD none",
                                        "UID 1:6,8",
                                        "ON 6-Mar-2020",
                                        "SINCE 6-Mar-2020",
                                        "BEFORE 5-Mar-2020",
                                        "SAVEDBEFORE 7-Mar-2020",
                                        "LARGER 1000",
                                        "SMALLER 1000",
                                        "YOUNGER 9",
                                        "OLDER 11",
                                        "MODSEQ 101",
                                        "NEW",
                                        "RECENT",
                                        "UID $",
                                        "OR DELETED DRAFT",
                                        "SEEN DELETED",
                                        "NOT FUZZY SEEN"})
        EXPECT_EQ(by_entry(text), Truth::no) << text;
}

/// "y": yes, "n": no, all else is not known.
Truth known(const SearchKey& leaf)
{
    const auto& text = std::get<search::Text>(leaf.is).text;
    return text == "y" ? Truth::yes : text == "n" ? Truth::no : Truth::unknown;
}

TEST_F(ImapSearchPlan, DecidesWhateverWhoIsAskedDoesNotKnowWhereItCan)
{
    const std::pair<std::string_view, Truth> programs[] = {
        {"BODY y", Truth::yes},
        {"BODY n", Truth::no},
        {"BODY x", Truth::unknown},
        {"NOT BODY n", Truth::yes},
        {"NOT TEXT x", Truth::unknown},
        {"SEEN BODY y", Truth::yes},
        {"UNSEEN BODY x", Truth::no},
        {"BODY x TEXT n", Truth::no},
        {"BODY x TEXT y", Truth::unknown},
        {"OR BODY x TEXT y", Truth::yes},
        {"OR BODY x TEXT n", Truth::unknown},
        {"NOT OR BODY x NOT TEXT n", Truth::no},
        {"NOT (BODY x BODY n)", Truth::yes},
        // Both leaves as false, and both as true, make it false.
        {"OR (BODY x NOT TEXT z) (NOT BODY x TEXT z)", Truth::unknown},
    };
    for (const auto& [text, truth] : programs)
        EXPECT_EQ(SearchPlan(program(text), scene).weigh(entry, known), truth) << text;
}

TEST_F(ImapSearchPlan, KnowsObjectsByTheirIds)
{
    EXPECT_EQ(by_entry("EMAILID M" + base32_encode(42)), Truth::yes);
    EXPECT_EQ(by_entry("EMAILID M" + base32_encode(43)), Truth::no);
    EXPECT_EQ(by_entry("EMAILID T" + base32_encode(42)), Truth::no);
    EXPECT_EQ(by_entry("THREADID T" + base32_encode(43)), Truth::yes);
    EXPECT_EQ(by_entry("EMAILID nonsense"), Truth::no);
}

TEST_F(ImapSearchPlan, LeavesTextsAndSentDatesOpen)
{
    EXPECT_EQ(by_entry("SUBJECT x"), Truth::unknown);
    EXPECT_EQ(by_entry("SENTON 1-Mar-2020"), Truth::unknown);
    EXPECT_EQ(by_entry("NOT BODY x"), Truth::unknown);
    EXPECT_EQ(by_entry("SEEN BODY x"), Truth::unknown);
    EXPECT_EQ(by_entry("UNSEEN BODY x"), Truth::no);
    EXPECT_EQ(by_entry("OR SEEN BODY x"), Truth::yes);
    EXPECT_EQ(by_entry("NOT OR SEEN BODY x"), Truth::no);
}

TEST_F(ImapSearchPlan, AsksForWhatIsCheapFirstAndOnlyWhileItMatters)
{
    EXPECT_EQ(asked("BODY x UNSEEN"), "no");
    EXPECT_EQ(asked("OR BODY x SEEN"), "yes");
    EXPECT_EQ(asked("BODY x SUBJECT b"), "no header subject 'b'");
    EXPECT_EQ(asked("BODY x SUBJECT y"), "yes header subject 'y' body 'x'");
    EXPECT_EQ(asked("OR BODY x SUBJECT y"), "yes header subject 'y'");
    EXPECT_EQ(asked("OR BODY x SUBJECT b"), "yes header subject 'b' body 'x'");
    EXPECT_EQ(asked("NOT SUBJECT y"), "no header subject 'y'");
    EXPECT_EQ(asked("NOT OR (UNSEEN BODY a) SUBJECT b"), "yes header subject 'b'");
    EXPECT_EQ(asked("FUZZY TEXT y"), "yes text 'y'");
}

TEST_F(ImapSearchPlan, TellsWhatAProgramCosts)
{
    EXPECT_EQ(SearchPlan(program("SEEN OR 1 2"), scene).cost(), SearchCost::entry);
    EXPECT_EQ(SearchPlan(program("SEEN SUBJECT x"), scene).cost(), SearchCost::summary);
    EXPECT_EQ(SearchPlan(program("OR SEEN NOT BODY x"), scene).cost(), SearchCost::body);
}

/// A program of keys that are so, not so, or to be asked about; with what it comes to.
std::pair<SearchKey, bool> random_program(int depth)
{
    const auto kind = *rc::gen::inRange(0, depth > 0 ? 7 : 4);
    if (kind < 2)
        return {{search::Flag{kind == 0 ? mail::SystemFlag::seen : mail::SystemFlag::deleted}},
                kind == 0};
    if (kind < 4)
        return {{search::Text{search::Where::body, kind == 2 ? "y" : "n"}}, kind == 2};
    std::vector<SearchKey> keys;
    bool all = true, any = false;
    const auto count = kind == 6 ? 1 : *rc::gen::inRange(1, 4);
    for (int i = 0; i < count; ++i) {
        auto [key, is] = random_program(depth - 1);
        keys.push_back(std::move(key));
        all = all && is;
        any = any || is;
    }
    if (kind == 4)
        return {{search::And{std::move(keys)}}, all};
    if (kind == 5)
        return {{search::Or{std::move(keys)}}, any};
    return {{search::Not{std::move(keys)}}, !any};
}

RC_GTEST_FIXTURE_PROP(ImapSearchPlan, AgreesWithPlainLogic, ())
{
    auto [key, is] = random_program(4);
    const SearchPlan plan(std::move(key), scene);
    RC_ASSERT(plan.matches(entry, [](const SearchKey& leaf) {
        return std::get<search::Text>(leaf.is).text == "y";
    }) == is);
    const auto truth = plan.by_entry(entry);
    RC_ASSERT(truth == Truth::unknown || (truth == Truth::yes) == is);
}

} // namespace
} // namespace posthouse::imap
