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

TEST(GateSmtp, LeavesTheReceivedFieldsIdToTheKeeper)
{
    Rig rig;
    auto client = rig.client();
    greet(client);
    send_letter(client, "Hello\r\n");
    auto prefix = rig.keeper.letters.at(0).envelope.prefix();
    prefix.insert(rig.keeper.letters.at(0).envelope.id_offset(), "ID");
    EXPECT_THAT(prefix, StartsWith("Received: from client.example ([127.0.0.1])"));
    EXPECT_THAT(prefix,
                HasSubstr("by mx.example.org with ESMTP id\r\n\tID for <bob@example.org>;"));
}

TEST(GateSmtp, NamesNoRecipientToAnother)
{
    Rig rig;
    auto client = rig.client();
    greet(client);
    client.ask("MAIL FROM:<>");
    client.ask("RCPT TO:<bob@example.org>");
    client.ask("RCPT TO:<carol@example.org>");
    client.ask("DATA");
    EXPECT_THAT(client.ask("Hello\r\n."), StartsWith("250"));
    EXPECT_THAT(rig.keeper.letters.at(0).envelope.recipients(),
                ElementsAre("bob@example.org", "carol@example.org"));
    EXPECT_THAT(rig.keeper.letters.at(0).envelope.prefix(), testing::Not(HasSubstr(" for ")));
}

TEST(GateSmtp, AnswersPipelinedRecipientsInOrderFromOneQuestion)
{
    Rig rig;
    rig.keeper.refused["nobody@example.org"] = {550, "5.1.1 No such mailbox"};
    rig.keeper.refused["full@example.org"] = {452, "4.2.2 Mailbox full"};
    rig.keeper.refused["odd@example.org"] = {299 + 1000, ""};
    auto client = rig.client();
    greet(client);
    client.send("MAIL FROM:<alice@client.example>\r\nRCPT TO:<nobody@example.org>\r\n"
                "RCPT TO:<bob@example.org>\r\nRCPT TO:<full@example.org>\r\n"
                "RCPT TO:<odd@example.org>\r\n");
    EXPECT_THAT(client.reply(), StartsWith("250"));
    EXPECT_EQ(client.reply(), "550 5.1.1 No such mailbox\r\n");
    EXPECT_THAT(client.reply(), StartsWith("250"));
    EXPECT_EQ(client.reply(), "452 4.2.2 Mailbox full\r\n");
    EXPECT_THAT(client.reply(), StartsWith("451"));
    ASSERT_EQ(rig.keeper.questions.size(), 1);
    EXPECT_EQ(rig.keeper.questions[0].sender(), "alice@client.example");
    EXPECT_EQ(rig.keeper.questions[0].origin().client_address(), "127.0.0.1");
}

TEST(GateSmtp, AsksToTryAgainWhileTheKeeperIsAwayAndUsesTheNextOne)
{
    Rig rig;
    auto client = rig.client();
    greet(client);
    rig.keeper.hang_up();
    client.ask("MAIL FROM:<alice@client.example>");
    EXPECT_EQ(client.ask("RCPT TO:<bob@example.org>"), "451 4.3.0 Try again later\r\n");
    client.ask("RSET");
    rig.connect_keeper();
    EXPECT_THAT(send_letter(client, "Hello\r\n"), StartsWith("250"));
}

TEST(GateSmtp, ServesWithoutEverHavingHadAKeeper)
{
    Rig rig({}, {}, Rig::Links::none);
    auto client = rig.client();
    greet(client);
    client.ask("MAIL FROM:<alice@client.example>");
    EXPECT_THAT(client.ask("RCPT TO:<bob@example.org>"), StartsWith("451"));
}

TEST(GateSmtp, AsksToTryAgainWhenTheKeeperDiesOverALetter)
{
    for (const auto at :
         {wire::Method::open_body, wire::Method::append_body, wire::Method::accept}) {
        Rig rig;
        rig.keeper.dies_at = at;
        auto client = rig.client();
        greet(client);
        EXPECT_EQ(send_letter(client, text_of(2 << 20)), "451 4.3.0 Try again later\r\n");
        EXPECT_THAT(client.ask("NOOP"), StartsWith("250"));
    }
}

TEST(GateSmtp, SaysWhyALetterCannotBeTaken)
{
    const std::pair<wire::Failure, std::string_view> cases[] = {
        {wire::Failure::no_space, "452 4.3.1 "}, {wire::Failure::unavailable, "451 4.3.0 "},
        {wire::Failure::busy, "451 4.3.0 "},     {wire::Failure::invalid, "451 4.3.0 "},
        {wire::Failure::refused, "451 4.3.0 "},
    };
    for (const auto& [failure, begin] : cases) {
        Rig rig;
        rig.keeper.failing[wire::Method::accept] = failure;
        auto client = rig.client();
        greet(client);
        EXPECT_THAT(send_letter(client, "Hello\r\n"), StartsWith(std::string(begin)));
        rig.keeper.failing.clear();
        EXPECT_THAT(send_letter(client, "Hello\r\n"), StartsWith("250"));
    }
}

TEST(GateSmtp, AbandonsAnUploadThatFails)
{
    for (const auto at : {wire::Method::append_body, wire::Method::accept}) {
        Rig rig;
        rig.keeper.failing[at] = wire::Failure::no_space;
        auto client = rig.client();
        greet(client);
        EXPECT_THAT(send_letter(client, text_of(2 << 20)), StartsWith("452 4.3.1 "));
        EXPECT_TRUE(rig.run_until([&] { return rig.keeper.uploads.empty(); }));
    }
}

TEST(GateSmtp, AbandonsAnUploadWhoseClientGoes)
{
    Rig rig;
    auto client = rig.client();
    greet(client);
    client.ask("MAIL FROM:<alice@client.example>");
    client.ask("RCPT TO:<bob@example.org>");
    client.ask("DATA");
    client.send(text_of(2 << 20));
    EXPECT_TRUE(rig.run_until([&] { return rig.keeper.uploads.size() == 1; }));
    client.hang_up();
    EXPECT_TRUE(rig.run_until([&] { return rig.keeper.uploads.empty(); }));
    EXPECT_TRUE(rig.keeper.letters.empty());
    EXPECT_TRUE(rig.run_until([&] { return rig.worker.sessions() == 0; }));
}

TEST(GateSmtp, DropsALetterThatGrowsTooLarge)
{
    Rig rig({}, {.message_bytes = 2 << 20});
    auto client = rig.client();
    greet(client);
    EXPECT_THAT(send_letter(client, text_of(3 << 20)), StartsWith("552"));
    EXPECT_TRUE(rig.run_until([&] { return rig.keeper.uploads.empty(); }));
    EXPECT_TRUE(rig.keeper.letters.empty());
    EXPECT_THAT(send_letter(client, "Hello\r\n"), StartsWith("250"));
}

// ---- TLS ------------------------------------------------------------------------------------

TEST(GateSmtp, TakesALetterOverStartTls)
{
    Rig rig({.tls = "starttls"});
    auto client = rig.client();
    greet(client);
    EXPECT_THAT(client.ask("STARTTLS"), StartsWith("220"));
    ASSERT_TRUE(client.start_tls());
    EXPECT_THAT(client.ask("EHLO client.example"), testing::Not(HasSubstr("STARTTLS")));
    EXPECT_THAT(send_letter(client, text_of(2 << 20)), StartsWith("250"));
    const auto& envelope = rig.keeper.letters.at(0).envelope;
    EXPECT_EQ(envelope.origin().protocol(), "ESMTPS");
    EXPECT_THAT(envelope.origin().tls(), StartsWith("TLSv1.3 "));
    EXPECT_THAT(envelope.prefix(), HasSubstr("ESMTPS"));
    EXPECT_THAT(envelope.prefix(), HasSubstr("TLSv1.3"));
    EXPECT_THAT(client.ask("QUIT"), StartsWith("221"));
    EXPECT_EQ(client.rest(), "");
}

TEST(GateSmtp, TakesTlsFromTheFirstByte)
{
    Rig rig({.tls = "implicit"});
    auto client = rig.client();
    ASSERT_TRUE(client.start_tls());
    greet(client);
    EXPECT_THAT(send_letter(client, "Hello\r\n"), StartsWith("250"));
    EXPECT_EQ(rig.keeper.letters.at(0).envelope.origin().protocol(), "ESMTPS");
}

TEST(GateSmtp, ClosesOnWhoeverSpeaksNoTls)
{
    Rig rig({.tls = "implicit"});
    auto client = rig.client();
    client.send("EHLO client.example\r\n");
    client.rest();
    EXPECT_TRUE(rig.run_until([&] { return rig.worker.sessions() == 0; }));
}

// ---- Limits and the end ---------------------------------------------------------------------

TEST(GateSmtp, KeepsToItsPlacesForAClient)
{
    Rig rig({}, {.sessions_per_client = 2});
    auto one = rig.client();
    auto two = rig.client();
    greet(one);
    greet(two);
    auto three = rig.client();
    EXPECT_THAT(three.rest(), StartsWith("421 4.7.0 "));
    two.ask("QUIT");
    two.hang_up();
    EXPECT_TRUE(rig.run_until([&] { return rig.census.sessions() == 1; }));
    auto four = rig.client();
    greet(four);
}

TEST(GateSmtp, KeepsToItsPlacesInAll)
{
    Rig rig({}, {.sessions = 1});
    auto one = rig.client();
    greet(one);
    EXPECT_THAT(rig.client().rest(), StartsWith("421 4.7.0 "));
}

TEST(GateSmtp, LosesNoLastReplyToAReset)
{
    for (const std::string_view tls : {"off", "implicit"}) {
        Rig rig({.tls = std::string(tls)}, {.errors = 3});
        auto client = rig.client();
        if (tls == "implicit")
            ASSERT_TRUE(client.start_tls());
        greet(client);
        client.send("FOO\r\nFOO\r\nFOO\r\n" + text_of(300'000));
        const auto said = client.rest();
        EXPECT_THAT(said, HasSubstr("421 4.7.0 Too many errors\r\n"));
        EXPECT_FALSE(client.was_reset());
    }
}

TEST(GateSmtp, LetsALetterUnderWayEndBeforeItLeaves)
{
    Rig rig;
    auto busy = rig.client();
    auto idle = rig.client();
    greet(busy);
    greet(idle);
    busy.ask("MAIL FROM:<alice@client.example>");
    busy.ask("RCPT TO:<bob@example.org>");
    busy.ask("DATA");
    bool ended = false;
    rig.worker.drain([&] { ended = true; });
    EXPECT_THAT(idle.ask("NOOP"), StartsWith("421 4.3.2 "));
    EXPECT_THAT(busy.ask("Hello\r\n."), StartsWith("250"));
    EXPECT_FALSE(ended);
    EXPECT_THAT(busy.ask("NOOP"), StartsWith("421 4.3.2 "));
    idle.hang_up();
    busy.hang_up();
    EXPECT_TRUE(rig.run_until([&] { return ended; }));
    EXPECT_EQ(rig.keeper.letters.size(), 1);
}

TEST(GateSmtp, KeepsSessionsAndTheirTermsWhenListenersAreReplaced)
{
    Rig rig({}, {.message_bytes = 100'000});
    auto before = rig.client();
    greet(before);
    rig.open({}, {.message_bytes = 200'000});
    auto after = rig.client();
    after.reply();
    EXPECT_THAT(after.ask("EHLO client.example"), HasSubstr("SIZE 200000"));
    EXPECT_THAT(before.ask("EHLO client.example"), HasSubstr("SIZE 100000"));
    EXPECT_THAT(send_letter(before, "Hello\r\n"), StartsWith("250"));
}

TEST(GateSmtp, CutsOffWhoeverSaysNothing)
{
    Rig rig({}, {.command_timeout = std::chrono::milliseconds(50)});
    auto client = rig.client();
    client.reply();
    EXPECT_THAT(client.rest(), StartsWith("421 4.4.2 "));
}

} // namespace
} // namespace posthouse::gate
