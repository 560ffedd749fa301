// SPDX-License-Identifier: Apache-2.0
#include "imap/parser.hpp"
#include "imap/sort.hpp"

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

using Numbers = std::vector<std::uint32_t>;

std::vector<command::SortKey> keys(std::string_view text)
{
    const auto command = parse_command("a SORT (" + std::string(text) + ") UTF-8 ALL", {});
    EXPECT_TRUE(command) << text;
    return std::get<command::Sort>(command->body).keys;
}

Timestamp day(int n)
{
    return Timestamp(std::chrono::hours(24 * n));
}

const std::vector<SortFacts> messages{
    {.number = 1,
     .arrival = day(3),
     .sent = day(1),
     .size = 10,
     .subject = "b",
     .from = "x",
     .to = "q",
     .cc = "",
     .display_from = "zoe",
     .display_to = "2",
     .relevancy = 4},
    {.number = 2,
     .arrival = day(2),
     .sent = {},
     .size = 30,
     .subject = "a",
     .from = "y",
     .to = "p",
     .cc = "c",
     .display_from = "amy",
     .display_to = "1",
     .relevancy = 99},
    {.number = 3,
     .arrival = day(1),
     .sent = day(9),
     .size = 20,
     .subject = "b",
     .from = "x",
     .to = "p",
     .cc = "a",
     .display_from = "bob",
     .display_to = "3",
     .relevancy = 42},
};

Numbers by(std::string_view text)
{
    return sorted(messages, keys(text));
}

TEST(ImapSort, SortsByEachKey)
{
    EXPECT_EQ(by("ARRIVAL"), (Numbers{3, 2, 1}));
    EXPECT_EQ(by("CC"), (Numbers{1, 3, 2}));
    EXPECT_EQ(by("SIZE"), (Numbers{1, 3, 2}));
    EXPECT_EQ(by("DISPLAYFROM"), (Numbers{2, 3, 1}));
    EXPECT_EQ(by("DISPLAYTO"), (Numbers{2, 1, 3}));
    EXPECT_EQ(by("RELEVANCY"), (Numbers{2, 3, 1}));
}

TEST(ImapSort, TakesTheInternalDateWhereNoneWasSent)
{
    EXPECT_EQ(by("DATE"), (Numbers{1, 2, 3}));
}

TEST(ImapSort, KeepsEqualMessagesByTheirNumbersEvenInReverse)
{
    EXPECT_EQ(by("FROM"), (Numbers{1, 3, 2}));
    EXPECT_EQ(by("REVERSE FROM"), (Numbers{2, 1, 3}));
    EXPECT_EQ(by("TO"), (Numbers{2, 3, 1}));
}

TEST(ImapSort, SortsEqualOnesByTheNextKey)
{
    EXPECT_EQ(by("SUBJECT REVERSE DATE"), (Numbers{2, 3, 1}));
    EXPECT_EQ(by("REVERSE SUBJECT SIZE"), (Numbers{1, 3, 2}));
}

TEST(ImapSort, TellsWhatItNeeds)
{
    EXPECT_EQ(needs_of(keys("SIZE")), SortNeeds{.size = true});
    EXPECT_EQ(needs_of(keys("DATE REVERSE FROM")),
              (SortNeeds{.arrival = true, .sent = true, .addresses = true}));
    EXPECT_EQ(needs_of(keys("DISPLAYTO SUBJECT RELEVANCY ARRIVAL")),
              (SortNeeds{.arrival = true, .subject = true, .displayed = true, .relevancy = true}));
}

} // namespace
} // namespace posthouse::imap
