// SPDX-License-Identifier: Apache-2.0
#include "mail/references.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::mail {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> referred(const std::string& header, std::size_t most = 10)
{
    return referred_ids(HeaderBlock::parse(header), most);
}

TEST(References, AreThoseOfReferencesOrTheFirstOfInReplyTo)
{
    EXPECT_THAT(referred("References: <a@x>\r\n <b@x>\r\nIn-Reply-To: <c@x>\r\n\r\n"),
                ElementsAre("<a@x>", "<b@x>"));
    EXPECT_THAT(referred("In-Reply-To: Your letter of Monday <c@x> <d@x>\r\n\r\n"),
                ElementsAre("<c@x>"));
    EXPECT_THAT(referred("References: nothing\r\nIn-Reply-To: <c@x>\r\n\r\n"),
                ElementsAre("<c@x>"));
    EXPECT_THAT(referred("Subject: x\r\n\r\n"), ElementsAre());
    EXPECT_THAT(referred("References: <a@x> <b@x> <a@x>\r\n\r\n"), ElementsAre("<a@x>", "<b@x>"));
}

TEST(References, KeepTheOldestAndTheNewest)
{
    std::string header = "References:";
    for (int i = 0; i < 100; ++i)
        header += " <" + std::to_string(i) + "@x>";
    EXPECT_THAT(referred(header + "\r\n\r\n", 4),
                ElementsAre("<0@x>", "<97@x>", "<98@x>", "<99@x>"));
    EXPECT_THAT(referred(header + "\r\n\r\n", 1), ElementsAre("<0@x>"));
    EXPECT_TRUE(referred(header + "\r\n\r\n", 0).empty());
}

TEST(References, TakeTwoWaysToWriteAnIdForOne)
{
    EXPECT_EQ(normal_message_id("<\"01KF8JCEOCBS0045PS\"@xxx.yyy.com>"),
              "<01KF8JCEOCBS0045PS@xxx.yyy.com>"); // RFC 5256 §3
    EXPECT_EQ(normal_message_id("<\"a\\.b\"@x>"), "<a.b@x>");
    EXPECT_EQ(normal_message_id("<\"a b\"@x>"), "<\"a b\"@x>");
    EXPECT_EQ(normal_message_id("<\"@x>"), "<\"@x>");
    EXPECT_EQ(own_message_id(HeaderBlock::parse("Message-Id: < a@\r\n x >\r\n\r\n")), "<a@x>");
    EXPECT_EQ(own_message_id(HeaderBlock::parse("Message-Id: none\r\n\r\n")), "");
}

} // namespace
} // namespace posthouse::mail
