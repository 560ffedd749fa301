// SPDX-License-Identifier: Apache-2.0
#include "tests/imap/session/support/rehearsal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::imap::rehearsal {

namespace {

using testing::HasSubstr;

TEST(ImapSession, GreetsLogsInAndLeaves)
{
    boost::asio::io_context context;
    FakeAccount account;
    Rehearsal client(context, account);
    EXPECT_THAT(client.heard(), testing::StartsWith("* OK [CAPABILITY IMAP4rev2 IMAP4rev1 "));
    EXPECT_THAT(client.say("a LOGIN user secret\r\n"), HasSubstr("a OK [CAPABILITY "));
    EXPECT_EQ(client.say("b LOGOUT\r\n"), "* BYE Logging out\r\nb OK LOGOUT completed\r\n");
    EXPECT_TRUE(client.done());
}

} // namespace

} // namespace posthouse::imap::rehearsal
