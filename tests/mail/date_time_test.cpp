// SPDX-License-Identifier: Apache-2.0
#include "mail/date_time.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace posthouse::mail {
namespace {

using namespace std::chrono_literals;

/// The date as seconds since 1970; -1 if it is none.
std::int64_t seconds_in(std::string_view text)
{
    const auto date = parse_date_time(text);
    return date ? to_microseconds(date->at) / 1'000'000 : -1;
}

constexpr std::int64_t noon = 880127706; // 21 Nov 1997 15:55:06 UTC

TEST(DateTime, WritesTheFormOfRfc5322)
{
    const auto at = from_microseconds(noon * 1'000'000 + 999'999);
    EXPECT_EQ(date_time_text(at), "Fri, 21 Nov 1997 15:55:06 +0000");
    EXPECT_EQ(date_time_text(at, -6h), "Fri, 21 Nov 1997 09:55:06 -0600");
    EXPECT_EQ(date_time_text(at, 9h + 30min), "Sat, 22 Nov 1997 01:25:06 +0930");
    EXPECT_EQ(date_time_text(at, -30min), "Fri, 21 Nov 1997 15:25:06 -0030");
    EXPECT_EQ(date_time_text(from_microseconds(-1)), "Wed, 31 Dec 1969 23:59:59 +0000");
}

TEST(DateTime, StaysInTheYearsThatCanBeRead)
{
    EXPECT_TRUE(parse_date_time(date_time_text(Timestamp::min(), -99h)));
    EXPECT_TRUE(parse_date_time(date_time_text(Timestamp::max(), 99h)));
}

TEST(DateTime, ReadsTheExamplesOfRfc5322)
{
    EXPECT_EQ(seconds_in("Fri, 21 Nov 1997 09:55:06 -0600"), noon);
    EXPECT_EQ(seconds_in("21 Nov 97 09:55:06 CST"), noon);
    EXPECT_EQ(seconds_in("21 Nov 97 15:55:06 GMT"), noon);
    EXPECT_EQ(seconds_in("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600"), noon);
    EXPECT_EQ(seconds_in("Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n"
                         "               -0330 (Newfoundland Time)"),
              -27723480);
}

TEST(DateTime, ReadsWhatTheGrammarDoesNotHave)
{
    EXPECT_EQ(seconds_in("Fri 21 November 1997 15:55:06 GMT+0000"), noon);
    EXPECT_EQ(seconds_in("21 Nov 1997 15:55:06"), noon);
    EXPECT_EQ(seconds_in("21 Nov 097 15:55:06 Z"), noon);
    EXPECT_EQ(seconds_in("21 Nov 1997 16:55:06 GMT+0100"), noon);
    EXPECT_EQ(seconds_in("Mon, 21 Nov 1997 16:55:06 +0100 and more"), noon);
    EXPECT_EQ(seconds_in("31 Dec 1998 23:59:60 +0000"), seconds_in("1 Jan 1999 00:00:00 +0000"));
    EXPECT_EQ(seconds_in("1 Jan 49 00:00:00 +0000"), seconds_in("1 Jan 2049 00:00:00 +0000"));
    EXPECT_EQ(seconds_in("1 Jan 50 00:00:00 +0000"), seconds_in("1 Jan 1950 00:00:00 +0000"));
}

TEST(DateTime, KnowsWhenTheZoneIsNotKnown)
{
    EXPECT_EQ(parse_date_time("21 Nov 1997 15:55:06 -0000")->zone, std::nullopt);
    EXPECT_EQ(parse_date_time("21 Nov 1997 15:55:06 A")->zone, std::nullopt);
    EXPECT_EQ(parse_date_time("21 Nov 1997 15:55:06")->zone, std::nullopt);
    EXPECT_EQ(parse_date_time("21 Nov 1997 15:55:06 +0000")->zone, 0min);
    EXPECT_EQ(parse_date_time("21 Nov 1997 15:55:06 -0130")->zone, -90min);
    EXPECT_EQ(parse_date_time("21 Nov 1997 15:55:06 PDT")->zone, -420min);
}

TEST(DateTime, RefusesWhatIsNone)
{
    for (const auto* text :
         {"", "today", "Fri,", "32 Nov 1997 15:55:06 +0000", "30 Feb 1997 15:55:06 +0000",
          "29 Feb 1997 0:00:00 +0000", "0 Nov 1997 15:55:06 +0000", "21 Nov 1997",
          "21 Nov 1997 24:00:00 +0000", "21 Nov 1997 23:60:00 +0000", "21 Nov 1997 23:59:61 +0000",
          "21 Nov 1897 15:55:06 +0000", "21 Nov 7 15:55:06 +0000", "21 Nov 19970 15:55:06 +0000",
          "21 Nev 1997 15:55:06 +0000", "021 Nov 1997 15:55:06 +0000", "(21 Nov 1997 15:55:06",
          "21 Nov 99999999999999999999 15:55:06 +0000"})
        EXPECT_EQ(parse_date_time(text), std::nullopt) << text;
}

TEST(DateTime, LooksAt256BytesAtMost)
{
    const std::string date = "21 Nov 1997 15:55:06 +0000";
    EXPECT_TRUE(parse_date_time(std::string(256 - date.size(), ' ') + date));
    EXPECT_FALSE(parse_date_time(std::string(256, ' ') + date));
}

TEST(DateTime, ReadsBackWhatItWrote)
{
    EXPECT_TRUE(rc::check("parse(text(at, zone)) is the same second", [] {
        const auto at = *rc::gen::inRange<std::int64_t>(-2'000'000'000, 100'000'000'000);
        const auto zone = std::chrono::minutes(*rc::gen::inRange(-14 * 60, 14 * 60));
        const auto read = parse_date_time(date_time_text(from_microseconds(at * 1'000'000), zone));
        RC_ASSERT(read.has_value());
        RC_ASSERT(to_microseconds(read->at) == at * 1'000'000);
        RC_ASSERT(read->zone == zone);
    }));
}

} // namespace
} // namespace posthouse::mail
