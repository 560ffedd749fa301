// SPDX-License-Identifier: Apache-2.0
#include "mail/message_id.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::mail {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(MessageId, IsNewEachTimeAndReadsBack)
{
    SeededRandom random(1);
    const auto at = from_microseconds(880127706'000'000);
    const auto one = new_message_id(random, *Domain::parse("mx.example.org"), at);
    const auto two = new_message_id(random, *Domain::parse("mx.example.org"), at);
    EXPECT_NE(one, two);
    EXPECT_TRUE(one.ends_with("@mx.example.org>"));
    EXPECT_THAT(message_ids(one + two), ElementsAre(one, two));
}

TEST(MessageId, IsFoundWhateverStandsBetween)
{
    EXPECT_THAT(message_ids("<a@b>\r\n\t<c@d><e@f>"), ElementsAre("<a@b>", "<c@d>", "<e@f>"));
    EXPECT_THAT(message_ids("Your letter of (no <x@y>) Friday <a@b>"), ElementsAre("<a@b>"));
    EXPECT_THAT(message_ids("<a\r\n @b>"), ElementsAre("<a@b>"));
    EXPECT_THAT(message_ids("<never closed <a@b>, <c@[d]>"), ElementsAre("<a@b>", "<c@[d]>"));
    EXPECT_THAT(message_ids("<no-at-sign>"), ElementsAre("<no-at-sign>"));
    EXPECT_THAT(message_ids("<> a@b <a\x01@b> <a@b"), IsEmpty());
    EXPECT_THAT(message_ids(""), IsEmpty());
}

TEST(MessageId, LimitsHowManyAndHowLong)
{
    EXPECT_THAT(message_ids("<a@b> <c@d>", {.ids = 1}), ElementsAre("<a@b>"));
    EXPECT_THAT(message_ids("<aa@b> <c@d>", {.id_bytes = 5}), ElementsAre("<c@d>"));
}

TEST(MessageId, IsReadInLinearTime)
{
    std::string opened;
    for (int i = 0; i < 100'000; ++i)
        opened += "<x (";
    EXPECT_THAT(message_ids(opened), IsEmpty());
    EXPECT_THAT(message_ids(std::string(200'000, '<') + "a>"), ElementsAre("<a>"));
}

} // namespace
} // namespace posthouse::mail
