// SPDX-License-Identifier: Apache-2.0
#include "mail/base64.hpp"
#include "mail/edited_text.hpp"
#include "tests/gate/rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::gate {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

/// A rig at which bob can log in.
struct Desks : Rig {
    explicit Desks(Door door = {}) : Rig((door.protocol = "submission", door))
    {
        clerk.reader = {.user = "bob@example.org", .password = "secret"};
    }
};

std::string plain(const std::string& password)
{
    return "AUTH PLAIN " + mail::base64(std::string("\0bob@example.org\0", 17) + password);
}

void log_in(Client& client)
{
    greet(client);
    EXPECT_THAT(client.ask(plain("secret")), StartsWith("235 2.7.0"));
}

std::string send_from_bob(Client& client, const std::string& text)
{
    EXPECT_THAT(client.ask("MAIL FROM:<bob@example.org>"), StartsWith("250"));
    EXPECT_THAT(client.ask("RCPT TO:<alice>"), StartsWith("250"));
    EXPECT_THAT(client.ask("DATA"), StartsWith("354"));
    client.send(text);
    return client.ask(".");
}

/// As the keeper makes it of the body and the edits.
std::string text_of(const FakeKeeper::Letter& letter)
{
    std::vector<mail::Edit> edits;
    for (const auto& edit : letter.envelope.edits())
        edits.push_back({edit.offset(), edit.length(), edit.text()});
    mail::EditedText text(letter.body.size());
    EXPECT_TRUE(text.apply(edits));
    return mail::read_edited(text, letter.body);
}

TEST(GateSubmission, TakesALetterOfWhoeverHasLoggedIn)
{
    Desks rig;
    auto client = rig.client();
    greet(client);
    EXPECT_THAT(client.ask("MAIL FROM:<bob@example.org>"), StartsWith("530 5.7.0"));
    EXPECT_THAT(client.ask(plain("secret")), StartsWith("235 2.7.0"));
    EXPECT_THAT(send_from_bob(client, "From: bob\r\nTo: alice\r\nBcc: x@example.net\r\n\r\nHi\r\n"),
                StartsWith("250 2.0.0"));
    ASSERT_THAT(rig.keeper.letters, SizeIs(1));
    const auto& letter = rig.keeper.letters[0];
    EXPECT_EQ(letter.envelope.session(), 7);
    EXPECT_EQ(letter.envelope.origin().login(), "bob@example.org");
    EXPECT_EQ(letter.envelope.origin().protocol(), "ESMTPA"); // RFC 3848
    EXPECT_THAT(letter.envelope.prefix(), HasSubstr("with ESMTPA"));
    EXPECT_THAT(letter.envelope.authors(), ElementsAre("bob@example.org"));
    EXPECT_THAT(letter.envelope.recipients(), ElementsAre("alice@example.org"));
    EXPECT_THAT(text_of(letter),
                AllOf(StartsWith("From: <bob@example.org>\r\nTo: <alice@example.org>\r\n"),
                      HasSubstr("\r\nDate: "), HasSubstr("\r\nMessage-ID: <"),
                      Not(HasSubstr("Bcc"))));
    EXPECT_EQ(rig.keeper.questions[0].session(), 7);
    ASSERT_THAT(rig.clerk.logins, SizeIs(1));
    EXPECT_EQ(rig.clerk.logins[0].protocol(), "submission");
    client.ask("QUIT");
    client.hang_up();
    EXPECT_TRUE(rig.run_until([&] { return rig.keeper.open_session == 0; }));
}

TEST(GateSubmission, ChangesTheHeaderOfALetterThatIsUploadedInPieces)
{
    Desks rig;
    auto client = rig.client();
    log_in(client);
    std::string body;
    while (body.size() < 3'000'000)
        body += std::string(70, 'x') + "\r\n";
    EXPECT_THAT(send_from_bob(client, "Bcc: a@example.net\r\nFrom: bob@example.org\r\n\r\n" + body),
                StartsWith("250"));
    ASSERT_THAT(rig.keeper.letters, SizeIs(1));
    EXPECT_NE(rig.keeper.letters[0].envelope.upload(), 0);
    const auto text = text_of(rig.keeper.letters[0]);
    EXPECT_THAT(text, StartsWith("From: bob@example.org\r\nDate: "));
    EXPECT_TRUE(text.ends_with("\r\n\r\n" + body));
}

TEST(GateSubmission, SaysEsmtpsaOverTls)
{
    Desks rig({.tls = "starttls", .plaintext_auth = false});
    auto client = rig.client();
    client.reply();
    EXPECT_THAT(client.ask("EHLO c.example"),
                AllOf(HasSubstr("AUTH"), HasSubstr("STARTTLS"), Not(HasSubstr("PLAIN"))));
    EXPECT_THAT(client.ask(plain("secret")), StartsWith("504"));
    EXPECT_THAT(client.ask("STARTTLS"), StartsWith("220"));
    ASSERT_TRUE(client.start_tls());
    EXPECT_THAT(client.ask("EHLO c.example"), HasSubstr("PLAIN"));
    EXPECT_THAT(client.ask(plain("secret")), StartsWith("235"));
    EXPECT_THAT(send_from_bob(client, "From: bob\r\n\r\n"), StartsWith("250"));
    EXPECT_EQ(rig.keeper.letters.at(0).envelope.origin().protocol(), "ESMTPSA");
    EXPECT_TRUE(rig.clerk.logins.at(0).tls());
}

TEST(GateSubmission, HidesTheClientWhereItIsTo)
{
    Desks rig({.submit = {.hide_client = true}});
    auto client = rig.client();
    log_in(client);
    EXPECT_THAT(send_from_bob(client, "From: bob\r\n\r\n"), StartsWith("250"));
    const auto& envelope = rig.keeper.letters.at(0).envelope;
    EXPECT_THAT(envelope.prefix(), AllOf(StartsWith("Received: by "), Not(HasSubstr("127.0.0.1"))));
    EXPECT_EQ(envelope.origin().client_address(), "127.0.0.1"); // For the trace.
}

TEST(GateSubmission, PassesTheKeepersRefusalOfALetterOn)
{
    Desks rig;
    wire::Verdict refusal;
    refusal.set_code(550);
    refusal.set_text("5.7.1 Not yours");
    rig.keeper.letter_refusal = refusal;
    auto client = rig.client();
    log_in(client);
    EXPECT_EQ(send_from_bob(client, "From: eve@example.net\r\n\r\n"), "550 5.7.1 Not yours\r\n");
    // What was uploaded of it is given up.
    EXPECT_EQ(send_from_bob(client,
                            "From: eve@example.net\r\n\r\n" + std::string(2'000'000, 'x') + "\r\n"),
              "550 5.6.0 Line too long\r\n");
    std::string lines;
    while (lines.size() < 2'000'000)
        lines += std::string(70, 'x') + "\r\n";
    EXPECT_EQ(send_from_bob(client, "From: eve@example.net\r\n\r\n" + lines),
              "550 5.7.1 Not yours\r\n");
    EXPECT_TRUE(rig.run_until([&] { return rig.keeper.uploads.empty(); }));
    rig.keeper.letter_refusal.reset();
    EXPECT_THAT(send_from_bob(client, "From: bob\r\n\r\n"), StartsWith("250"));
}

TEST(GateSubmission, RefusesAHeaderThatWillNotDo)
{
    Desks rig;
    auto client = rig.client();
    log_in(client);
    EXPECT_THAT(send_from_bob(client, "From: bob\r\nFrom: eve@example.net\r\n\r\n"),
                StartsWith("550 5.6.0 From:"));
    std::string header;
    while (header.size() < 300'000)
        header += "X: " + std::string(70, 'x') + "\r\n";
    EXPECT_THAT(send_from_bob(client, header + "\r\n"), StartsWith("552 5.3.4 Header too big"));
    EXPECT_THAT(rig.keeper.letters, SizeIs(0));
}

TEST(GateSubmission, TakesNoMoreRecipientsThanItIsTo)
{
    Desks rig({.submit = {.recipients = 2}});
    auto client = rig.client();
    log_in(client);
    client.ask("MAIL FROM:<bob@example.org>");
    EXPECT_THAT(client.ask("RCPT TO:<a@example.net>"), StartsWith("250"));
    EXPECT_THAT(client.ask("RCPT TO:<b@example.net>"), StartsWith("250"));
    EXPECT_THAT(client.ask("RCPT TO:<c@example.net>"), StartsWith("452 4.5.3"));
}

TEST(GateSubmission, CarriesALoginOfSeveralMessages)
{
    Desks rig;
    auto client = rig.client();
    greet(client);
    EXPECT_EQ(client.ask("AUTH SCRAM-SHA-256 Yml3cw=="), "334 bm9uY2U=\r\n");
    EXPECT_EQ(client.ask(mail::base64("secret")), "334 cHJvb2Y=\r\n");
    EXPECT_THAT(client.ask("*"), StartsWith("501 5.7.0"));
    EXPECT_TRUE(rig.run_until([&] { return rig.keeper.open_session == 0; }));
    EXPECT_THAT(client.ask("MAIL FROM:<bob@example.org>"), StartsWith("530"));
    EXPECT_EQ(client.ask("AUTH SCRAM-SHA-256 Yml3cw=="), "334 bm9uY2U=\r\n");
    EXPECT_EQ(client.ask(mail::base64("secret")), "334 cHJvb2Y=\r\n");
    EXPECT_THAT(client.ask(""), StartsWith("235"));
    EXPECT_THAT(send_from_bob(client, "From: bob\r\n\r\n"), StartsWith("250"));
}

TEST(GateSubmission, LetsNobodyInWithAWrongPassword)
{
    Desks rig;
    auto client = rig.client();
    greet(client);
    EXPECT_EQ(client.ask(plain("wrong")), "535 5.7.8 Wrong name or password\r\n");
    EXPECT_TRUE(rig.keeper.tickets.empty());
    EXPECT_THAT(client.ask("MAIL FROM:<bob@example.org>"), StartsWith("530"));
}

TEST(GateSubmission, SaysSoWhileTheOthersAreAway)
{
    Desks rig;
    auto client = rig.client();
    greet(client);
    rig.clerk.hang_up();
    EXPECT_THAT(client.ask(plain("secret")), StartsWith("454 4.7.0"));
    rig.connect_clerk();
    rig.keeper.failing[wire::Method::open_session] = wire::Failure::refused;
    EXPECT_THAT(client.ask(plain("secret")), StartsWith("454 4.7.0"));
    rig.keeper.failing.clear();
    EXPECT_THAT(client.ask(plain("secret")), StartsWith("235"));
}

TEST(GateSubmission, EndsTheSessionWithTheKeeperThatKnewIt)
{
    Desks rig;
    auto client = rig.client();
    log_in(client);
    rig.keeper.hang_up();
    rig.connect_keeper();
    EXPECT_THAT(client.ask("MAIL FROM:<bob@example.org>"), StartsWith("250"));
    EXPECT_THAT(client.ask("RCPT TO:<a@example.net>"), StartsWith("421 4.3.2"));
    EXPECT_EQ(client.rest(), "");
}

TEST(GateSubmission, IsNotWhatMailComesInBy)
{
    Rig rig;
    auto client = rig.client();
    client.reply();
    EXPECT_THAT(client.ask("EHLO c.example"), Not(HasSubstr("AUTH")));
    EXPECT_THAT(client.ask("AUTH PLAIN"), StartsWith("502"));
}

} // namespace
} // namespace posthouse::gate
