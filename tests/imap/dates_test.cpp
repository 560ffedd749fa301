// SPDX-License-Identifier: Apache-2.0
#include "imap/dates.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace posthouse::imap {
namespace {

using namespace std::chrono_literals;

TEST(ImapDates, ReadAndWriteInternalDates)
{
    const auto date = parse_internal_date(" 7-Feb-1994 21:52:25 -0800");
    ASSERT_TRUE(date);
    EXPECT_EQ(date->at, Timestamp(760686745s));
    EXPECT_EQ(date->zone, -480min);
    EXPECT_EQ(internal_date_text(date->at, *date->zone), " 7-Feb-1994 21:52:25 -0800");
    EXPECT_EQ(internal_date_text(date->at), " 8-Feb-1994 05:52:25 +0000");
    EXPECT_EQ(internal_date_text(date->at, 330min), " 8-Feb-1994 11:22:25 +0530");
}

TEST(ImapDates, TakeOneDigitDays)
{
    const auto date = parse_internal_date(" 7-Feb-1994 21:52:25 -0800");
    EXPECT_EQ(parse_internal_date("7-feb-1994 21:52:25 -0800"), date);
    EXPECT_EQ(parse_internal_date("07-FEB-1994 21:52:25 -0800"), date);
}

TEST(ImapDates, RefuseWhatIsNone)
{
    for (const std::string_view text :
         {"", " 7-Feb-1994", "31-Feb-1994 21:52:25 -0800", " 0-Feb-1994 21:52:25 -0800",
          " 7-Xyz-1994 21:52:25 -0800", " 7-Feb-94 21:52:25 -0800", " 7-Feb-1994 24:52:25 -0800",
          " 7-Feb-1994 21:60:25 -0800", " 7-Feb-1994 21:52:61 -0800", " 7-Feb-1994 21:52:25 0800",
          " 7-Feb-1994 21:52:25 -0860", " 7-Feb-1994 21:52:25 -080", "x7-Feb-1994 21:52:25 -0800",
          " 7-Feb-1994 21:52:25 -0800 ", " 7-Feb-1994T21:52:25 -0800",
          "123-Feb-1994 21:52:25 -0800"})
        EXPECT_FALSE(parse_internal_date(text)) << text;
    for (const std::string_view text :
         {"", "1", "-Feb-1994", "1-Feb-199", "1-Feb-19945", "1 Feb 1994"})
        EXPECT_FALSE(parse_date(text)) << text;
}

RC_GTEST_PROP(ImapDates, ComeBack, ())
{
    const auto seconds = *rc::gen::inRange<std::int64_t>(-2'000'000'000, 200'000'000'000);
    const std::chrono::minutes zone(*rc::gen::inRange(-5999, 6000));
    const Timestamp at{std::chrono::seconds(seconds)};
    const auto back = parse_internal_date(internal_date_text(at, zone));
    RC_ASSERT(back.has_value());
    RC_ASSERT(back->at == at);
    RC_ASSERT(back->zone == zone);
}

} // namespace
} // namespace posthouse::imap
