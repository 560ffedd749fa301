// SPDX-License-Identifier: Apache-2.0
#include "gate/letter.hpp"
#include "tests/gate/rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::gate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

void greet(Rig::Client& client)
{
    EXPECT_THAT(client.reply(), StartsWith("220 mx.example.org"));
    EXPECT_THAT(client.ask("EHLO client.example"), StartsWith("250"));
}

/// The reply to its end.
std::string send_letter(Rig::Client& client, const std::string& text)
{
    EXPECT_THAT(client.ask("MAIL FROM:<alice@client.example>"), StartsWith("250"));
    EXPECT_THAT(client.ask("RCPT TO:<bob@example.org>"), StartsWith("250"));
    EXPECT_THAT(client.ask("DATA"), StartsWith("354"));
    client.send(text);
    return client.ask(".");
}

/// Lines of 100 bytes.
std::string text_of(std::size_t bytes)
{
    const auto line = std::string(98, 'x') + "\r\n";
    std::string text;
    while (text.size() < bytes)
        text += line;
    return text;
}

TEST(GateSmtp, HandsALetterToTheKeeperAndSaysItsId)
{
    Rig rig;
    auto client = rig.client();
    greet(client);
    EXPECT_EQ(send_letter(client, "Subject: hello\r\n\r\nBob\r\n"),
              "250 2.0.0 Ok: queued as letter1\r\n");
    EXPECT_THAT(client.ask("QUIT"), StartsWith("221"));

    ASSERT_EQ(rig.keeper.letters.size(), 1);
    const auto& [envelope, body] = rig.keeper.letters.front();
    EXPECT_EQ(body, "Subject: hello\r\n\r\nBob\r\n");
    EXPECT_EQ(envelope.sender(), "alice@client.example");
    EXPECT_THAT(envelope.recipients(), ElementsAre("bob@example.org"));
    EXPECT_EQ(envelope.origin().client_address(), "127.0.0.1");
    EXPECT_EQ(envelope.origin().helo(), "client.example");
    EXPECT_EQ(envelope.origin().protocol(), "ESMTP");
    EXPECT_EQ(envelope.upload(), 0);
}

TEST(GateSmtp, UploadsALargeLetterInPieces)
{
    Rig rig;
    auto client = rig.client();
    greet(client);
    const auto text = text_of(3 << 20);
    EXPECT_EQ(send_letter(client, text), "250 2.0.0 Ok: queued as letter1\r\n");

    ASSERT_EQ(rig.keeper.letters.size(), 1);
    EXPECT_NE(rig.keeper.letters.front().envelope.upload(), 0);
    EXPECT_TRUE(rig.keeper.letters.front().body == text);
    EXPECT_LE(rig.keeper.largest_piece, Letter::Limits::piece_bytes);
}

} // namespace
} // namespace posthouse::gate
