// SPDX-License-Identifier: Apache-2.0
#include "mail/base64.hpp"
#include "tests/gate/rig.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::gate {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string secret = "correct horse";

/// A rig with a reader who has two messages.
struct Readers : Rig {
    explicit Readers(const std::string& tls = "off") : Rig({.protocol = "pop3", .tls = tls})
    {
        clerk.reader = {.user = "bob@example.org", .password = secret};
        keeper.reader.uid_validity = 1700000000;
        keeper.reader.messages = {{3, "Subject: one\r\n\r\n.dot\r\n"},
                                  {8, "Subject: two\r\n\r\n" + std::string(200'000, 'x') + "\r\n"}};
    }
};

/// One line's answer.
std::string ask(Client& client, const std::string& command)
{
    client.send(command + "\r\n");
    return client.line();
}

void log_in(Client& client)
{
    EXPECT_THAT(ask(client, "USER bob@example.org"), StartsWith("+OK"));
    EXPECT_THAT(ask(client, "PASS " + secret), StartsWith("+OK 2 messages"));
}

TEST(GatePop3, ReadsAndDeletesAUsersMessages)
{
    Readers rig;
    auto client = rig.client();
    EXPECT_THAT(client.line(), StartsWith("+OK"));
    log_in(client);
    ASSERT_EQ(rig.clerk.logins.size(), 1);
    EXPECT_EQ(rig.clerk.logins[0].client_address(), "127.0.0.1");
    EXPECT_EQ(rig.clerk.logins[0].protocol(), "pop3");

    EXPECT_THAT(ask(client, "UIDL"), StartsWith("+OK"));
    EXPECT_EQ(client.up_to("\r\n.\r\n"), "1 1700000000.3\r\n2 1700000000.8\r\n.\r\n");
    EXPECT_THAT(ask(client, "RETR 1"), StartsWith("+OK 22 octets"));
    EXPECT_EQ(client.up_to("\r\n.\r\n"), "Subject: one\r\n\r\n..dot\r\n.\r\n");
    EXPECT_THAT(ask(client, "RETR 2"), StartsWith("+OK"));
    EXPECT_EQ(client.up_to("\r\n.\r\n"), rig.keeper.reader.messages[8] + ".\r\n");
    EXPECT_THAT(ask(client, "DELE 2"), StartsWith("+OK"));
    EXPECT_THAT(ask(client, "QUIT"), StartsWith("+OK"));
    EXPECT_EQ(client.rest(), "");
    client.hang_up();
    EXPECT_THAT(rig.keeper.expunged, ElementsAre(8));
    EXPECT_TRUE(rig.run_until([&] { return rig.keeper.open_session == 0; }));
}

TEST(GatePop3, ShowsTheUniqueIdsThatAnotherServerGave)
{
    Readers rig;
    rig.keeper.reader.uidls = {{3, "000000014afd2e83"}, {8, "no unique-id"}};
    auto client = rig.client();
    client.line();
    log_in(client);
    EXPECT_THAT(ask(client, "UIDL"), StartsWith("+OK"));
    EXPECT_EQ(client.up_to("\r\n.\r\n"), "1 000000014afd2e83\r\n2 1700000000.8\r\n.\r\n");
}

TEST(GatePop3, LetsNobodyInWithAWrongPassword)
{
    Readers rig;
    auto client = rig.client();
    client.line();
    ask(client, "USER bob@example.org");
    EXPECT_THAT(ask(client, "PASS wrong"), StartsWith("-ERR [AUTH]"));
    EXPECT_TRUE(rig.keeper.heard.empty());
    log_in(client);
}

TEST(GatePop3, CarriesALoginOfSeveralMessages)
{
    Readers rig;
    auto client = rig.client();
    client.line();
    EXPECT_EQ(ask(client, "AUTH SCRAM-SHA-256 Yml3cw=="), "+ bm9uY2U=\r\n");
    EXPECT_EQ(ask(client, "*"), "-ERR The login was given up\r\n");
    EXPECT_TRUE(rig.run_until([&] { return rig.clerk.given_up == 1; }));
    EXPECT_EQ(ask(client, "AUTH SCRAM-SHA-256 Yml3cw=="), "+ bm9uY2U=\r\n");
    EXPECT_EQ(ask(client, mail::base64("wrong")), "-ERR [AUTH] Wrong name or password\r\n");
    EXPECT_EQ(ask(client, "AUTH SCRAM-SHA-256 Yml3cw=="), "+ bm9uY2U=\r\n");
    EXPECT_EQ(ask(client, mail::base64(secret)), "+ cHJvb2Y=\r\n");
    EXPECT_TRUE(rig.keeper.tickets.empty()); // Its client may not like the proof.
    EXPECT_THAT(ask(client, ""), StartsWith("+OK 2 messages"));
    EXPECT_THAT(rig.keeper.tickets, ElementsAre("ticket"));
    EXPECT_EQ(rig.clerk.given_up, 1);
}

TEST(GatePop3, GivesALoginUpWhenItsClientGoes)
{
    Readers rig;
    auto client = rig.client();
    client.line();
    EXPECT_EQ(ask(client, "AUTH PLAIN"), "+ \r\n");
    client.hang_up();
    EXPECT_TRUE(rig.run_until([&] { return rig.clerk.given_up == 1; }));
}

TEST(GatePop3, OffersNoMechanismThatShowsThePasswordInTheClear)
{
    Rig rig({.protocol = "pop3", .tls = "starttls", .plaintext_auth = false});
    auto client = rig.client();
    client.line();
    client.send("AUTH\r\n");
    EXPECT_THAT(client.up_to("\r\n.\r\n"),
                AllOf(Not(HasSubstr("PLAIN")), HasSubstr("SCRAM-SHA-256")));
    EXPECT_THAT(ask(client, "USER bob@example.org"), StartsWith("-ERR Say STLS first"));
    EXPECT_THAT(ask(client, "STLS"), StartsWith("+OK"));
    ASSERT_TRUE(client.start_tls());
    client.send("AUTH\r\n");
    EXPECT_THAT(client.up_to("\r\n.\r\n"), HasSubstr("PLAIN"));
    EXPECT_THAT(ask(client, "USER bob@example.org"), StartsWith("+OK"));
}

TEST(GatePop3, TakesAPasswordWhereTlsCameFirst)
{
    Rig rig({.protocol = "pop3", .tls = "implicit", .plaintext_auth = false});
    rig.clerk.reader = {.user = "bob@example.org", .password = secret};
    auto client = rig.client();
    ASSERT_TRUE(client.start_tls());
    client.line();
    EXPECT_THAT(ask(client, "USER bob@example.org"), StartsWith("+OK"));
    EXPECT_THAT(ask(client, "PASS " + secret), StartsWith("+OK 0 messages"));
}

TEST(GatePop3, LetsAnAccountWaitBetweenItsLogins)
{
    Readers rig;
    rig.open({.protocol = "pop3", .pop3 = {.login_delay = std::chrono::hours(1)}});
    auto client = rig.client();
    client.line();
    client.send("CAPA\r\n");
    EXPECT_THAT(client.up_to("\r\n.\r\n"), HasSubstr("\r\nLOGIN-DELAY 3600\r\n"));
    log_in(client);
    auto again = rig.client();
    again.line();
    ask(again, "USER bob@example.org");
    EXPECT_THAT(ask(again, "PASS " + secret), StartsWith("-ERR [LOGIN-DELAY]"));
    EXPECT_EQ(rig.keeper.tickets.size(), 1);
}

TEST(GatePop3, AsksForTheNextPieceWhileItSendsTheLast)
{
    Readers rig;
    rig.keeper.reader.messages[8] = "Subject: big\r\n\r\n" + std::string(3'000'000, 'x') + "\r\n";
    auto client = rig.client();
    client.line();
    log_in(client);
    // Nothing is read from the connection; what the kernel takes is bounded.
    client.send("RETR 2\r\n");
    const auto asked = [&] {
        return std::ranges::count(rig.keeper.heard, wire::Method::read_message);
    };
    EXPECT_TRUE(rig.run_until([&] { return asked() >= 2; }));
    EXPECT_THAT(client.line(), StartsWith("+OK"));
    EXPECT_EQ(client.up_to("\r\n.\r\n"), rig.keeper.reader.messages[8] + ".\r\n");
    EXPECT_EQ(asked(), 3'000'018 / 262'144 + 1); // None twice.
}

TEST(GatePop3, AsksForManySmallLettersAtOnceWhereTheyAreFetchedInTheirOrder)
{
    Readers rig;
    rig.keeper.reader.messages.clear();
    for (std::uint32_t uid = 1; uid <= 60; ++uid)
        rig.keeper.reader.messages[uid] =
            fmt::format("Subject: {}\r\n\r\n{}\r\n", uid, std::string(uid * 10, 'x'));
    auto client = rig.client();
    client.line();
    ask(client, "USER bob@example.org");
    EXPECT_THAT(ask(client, "PASS " + secret), StartsWith("+OK 60 messages"));
    const auto fetch = [&](std::uint32_t number) {
        client.send(fmt::format("RETR {}\r\n", number));
        EXPECT_THAT(client.line(), StartsWith("+OK"));
        EXPECT_EQ(client.up_to("\r\n.\r\n"), rig.keeper.reader.messages[number] + ".\r\n");
    };
    for (std::uint32_t number = 1; number <= 50; ++number)
        fetch(number);
    EXPECT_LT(std::ranges::count(rig.keeper.heard, wire::Method::read_message), 6);
    for (const std::uint32_t number : {7U, 8U, 9U, 3U, 4U, 5U, 60U, 59U, 59U, 60U})
        fetch(number); // Whatever was asked for ahead, each is what it is.
}

TEST(GatePop3, SaysSoWhileTheOthersAreAway)
{
    Readers rig;
    rig.clerk.hang_up();
    auto client = rig.client();
    client.line();
    ask(client, "USER bob@example.org");
    EXPECT_THAT(ask(client, "PASS " + secret), StartsWith("-ERR [SYS/TEMP]"));
    rig.connect_clerk();
    rig.keeper.hang_up();
    ask(client, "USER bob@example.org");
    EXPECT_THAT(ask(client, "PASS " + secret), StartsWith("-ERR [SYS/TEMP]"));
    rig.connect_keeper();
    log_in(client);
}

TEST(GatePop3, SaysSoWhenTheKeeperGoesWithASessionOpen)
{
    Readers rig;
    auto client = rig.client();
    client.line();
    log_in(client);
    rig.keeper.hang_up();
    rig.connect_keeper();
    EXPECT_THAT(ask(client, "RETR 1"), StartsWith("-ERR [SYS/TEMP]"));
    ask(client, "DELE 1");
    EXPECT_THAT(ask(client, "QUIT"), StartsWith("-ERR"));
}

TEST(GatePop3, DeletesNothingForAConnectionThatIsLost)
{
    Readers rig;
    auto client = rig.client();
    client.line();
    log_in(client);
    EXPECT_THAT(ask(client, "DELE 1"), StartsWith("+OK"));
    client.hang_up();
    EXPECT_TRUE(rig.run_until([&] { return rig.keeper.open_session == 0; }));
    EXPECT_TRUE(rig.keeper.expunged.empty());
}

TEST(GatePop3, EndsIdleSessionsWhenTheServerGoesDown)
{
    Readers rig;
    auto client = rig.client();
    client.line();
    log_in(client);
    bool ended = false;
    rig.worker.drain([&] { ended = true; });
    EXPECT_THAT(client.rest(), StartsWith("-ERR [SYS/TEMP]"));
    client.hang_up();
    EXPECT_TRUE(rig.run_until([&] { return ended; }));
}

TEST(GatePop3, TakesAPasswordOverTls)
{
    Readers rig("starttls");
    auto client = rig.client();
    client.line();
    EXPECT_THAT(ask(client, "STLS"), StartsWith("+OK"));
    ASSERT_TRUE(client.start_tls());
    log_in(client);
    EXPECT_THAT(ask(client, "RETR 2"), StartsWith("+OK"));
    EXPECT_EQ(client.up_to("\r\n.\r\n"), rig.keeper.reader.messages[8] + ".\r\n");
}

} // namespace
} // namespace posthouse::gate
