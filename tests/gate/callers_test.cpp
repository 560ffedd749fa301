// SPDX-License-Identifier: Apache-2.0
// Who comes in, by which door, and what is found out about him.
#include "gate/caller.hpp"
#include "gate/collecting.hpp"
#include "gate/outside.hpp"
#include "mail/drop.hpp"
#include "tests/gate/rig.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

namespace posthouse::gate {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

/// A directory for a socket, gone with the test.
class Place {
public:
    Place()
    {
        std::string made = std::filesystem::temp_directory_path() / "gate.XXXXXX";
        path_ = ::mkdtemp(made.data());
    }
    ~Place() { std::filesystem::remove_all(path_); }
    std::string socket() const { return path_ + "/socket"; }

private:
    std::string path_;
};

const std::string proxied = "PROXY TCP4 192.0.2.7 198.51.100.2 40000 25\r\n";

// ---- Balancers ------------------------------------------------------------------------------

TEST(GateCallers, TakeTheClientsAddressFromABalancer)
{
    Rig rig({.proxy_from = {"127.0.0.0/8"}});
    auto client = rig.client();
    client.send(proxied.substr(0, 20));
    client.send(proxied.substr(20) + "EHLO client.example\r\n");
    EXPECT_THAT(client.reply(), StartsWith("220 "));
    EXPECT_THAT(client.reply(), StartsWith("250-"));
    EXPECT_THAT(send_letter(client, "Hello\r\n"), StartsWith("250"));
    const auto& envelope = rig.keeper.letters.at(0).envelope;
    EXPECT_EQ(envelope.origin().client_address(), "192.0.2.7");
    EXPECT_THAT(envelope.prefix(), HasSubstr("[192.0.2.7]"));
}

TEST(GateCallers, TakeABalancerThatSpeaksForItselfAsWhatItIs)
{
    Rig rig({.proxy_from = {"127.0.0.1"}});
    auto client = rig.client();
    client.send("PROXY UNKNOWN\r\n");
    greet(client);
    EXPECT_THAT(send_letter(client, "Hello\r\n"), StartsWith("250"));
    EXPECT_EQ(rig.keeper.letters.at(0).envelope.origin().client_address(), "127.0.0.1");
}

TEST(GateCallers, RefuseABalancerWithoutAHeader)
{
    Rig rig({.proxy_from = {"127.0.0.1"}});
    auto client = rig.client();
    client.send("EHLO client.example\r\n");
    EXPECT_THAT(client.rest(), IsEmpty());
}

TEST(GateCallers, BelieveNoHeaderOfAStranger)
{
    Rig rig({.proxy_from = {"192.0.2.0/24"}});
    auto client = rig.client();
    client.reply();
    client.send(proxied);
    EXPECT_THAT(client.reply(), StartsWith("500 "));
}

TEST(GateCallers, CountTheClientsOfABalancerEachByItself)
{
    Rig rig({.proxy_from = {"127.0.0.1"}}, {.sessions_per_client = 1});
    auto one = rig.client(), two = rig.client(), three = rig.client();
    one.send(proxied);
    greet(one);
    two.send("PROXY TCP4 192.0.2.8 198.51.100.2 40000 25\r\n");
    greet(two);
    three.send(proxied);
    EXPECT_THAT(three.rest(), StartsWith("421 4.7.0 "));
}

// ---- Names ----------------------------------------------------------------------------------

TEST(GateCallers, HaveTheirConfirmedNameInTheTrace)
{
    Rig rig({.proxy_from = {"127.0.0.1"}});
    rig.connect_resolver();
    rig.resolver.names["192.0.2.7"] = "mail.client.example";
    auto client = rig.client();
    client.send(proxied);
    greet(client);
    EXPECT_THAT(send_letter(client, "Hello\r\n"), StartsWith("250"));
    const auto& envelope = rig.keeper.letters.at(0).envelope;
    EXPECT_EQ(envelope.origin().client_name(), "mail.client.example");
    EXPECT_EQ(rig.keeper.questions.at(0).origin().client_name(), "mail.client.example");
    EXPECT_THAT(envelope.prefix(),
                StartsWith("Received: from client.example (mail.client.example [192.0.2.7])"));
}

TEST(GateCallers, AreNotAskedForWhereNamesAreOffOrTheClientIsThisHost)
{
    config::Smtp off;
    off.client_names = false;
    for (const auto& [from, smtp] :
         {std::pair(proxied, off), std::pair(std::string("PROXY UNKNOWN\r\n"), config::Smtp{})}) {
        Rig rig({.proxy_from = {"127.0.0.1"}, .smtp = smtp});
        rig.connect_resolver();
        auto client = rig.client();
        client.send(from);
        greet(client);
        EXPECT_THAT(send_letter(client, "Hello\r\n"), StartsWith("250"));
        EXPECT_THAT(rig.resolver.heard, IsEmpty());
    }
}

TEST(GateCallers, AreServedWhereNoNameCanBeHad)
{
    Rig rig({.proxy_from = {"127.0.0.1"}});
    rig.connect_resolver();
    rig.resolver.dies_at = wire::Method::client_name;
    auto client = rig.client();
    client.send(proxied);
    greet(client);
    EXPECT_THAT(send_letter(client, "Hello\r\n"), StartsWith("250"));
    EXPECT_EQ(rig.keeper.letters.at(0).envelope.origin().client_name(), "");
}

// ---- Ident ----------------------------------------------------------------------------------

/// A caller from 192.0.2.7, and both ends of the way to his host.
class GateIdent : public testing::Test {
protected:
    GateIdent()
    {
        config::Smtp smtp;
        smtp.client_names = false;
        smtp.ident = true;
        smtp.ident_timeout = std::chrono::milliseconds(200);
        terms_.settings = settings_with({}, 1, smtp);
        int ends[2];
        EXPECT_EQ(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends));
        ours_.reset(ends[0]);
        theirs_.reset(ends[1]);
    }
    ~GateIdent() override
    {
        caller_.reset();
        context_.restart();
        context_.poll();
    }

    void wait()
    {
        bool known = false;
        boost::asio::co_spawn(context_, caller_->known(),
                              [&](std::exception_ptr) { known = true; });
        EXPECT_TRUE(Loop(context_).run_until([&] { return known; }));
    }

    boost::asio::io_context context_{1};
    net::Deadlines deadlines_{context_};
    std::vector<wire::Control::Connect> requests_;
    Outside outside_{[this](wire::Control::Connect request) { requests_.push_back(request); }};
    Desk desk_{.deadlines = deadlines_, .outside = &outside_};
    Terms terms_;
    UniqueFd ours_, theirs_;
    std::optional<Caller> caller_{
        std::in_place, desk_, terms_,
        Party{.address = "192.0.2.7", .port = 6193, .our_port = 25, .our_address = "192.0.2.1"}};
};

TEST_F(GateIdent, AsksTheClientsHostWhoIsCalling)
{
    caller_->begin();
    ASSERT_EQ(requests_.size(), 1);
    EXPECT_EQ(requests_[0].ident_peer(), "192.0.2.7");
    EXPECT_EQ(requests_[0].ident_local(), "192.0.2.1");
    const std::string_view answer = "6193, 25 : USERID : UNIX : stjohns\r\n";
    ASSERT_EQ(::send(theirs_.get(), answer.data(), answer.size(), 0),
              static_cast<ssize_t>(answer.size()));
    outside_.connected(requests_[0].id(), std::move(ours_), {});
    wait();
    EXPECT_EQ(caller_->ident(), "stjohns");
    char asked[64]{};
    ASSERT_GT(::recv(theirs_.get(), asked, sizeof asked - 1, 0), 0);
    EXPECT_STREQ(asked, "6193, 25\r\n");
}

TEST_F(GateIdent, WaitsNoLongerThanItIsToldTo)
{
    caller_->begin();
    outside_.connected(requests_.at(0).id(), std::move(ours_), {});
    wait();
    EXPECT_EQ(caller_->ident(), "");
}

TEST_F(GateIdent, GoesOnWithoutAConnection)
{
    caller_->begin();
    outside_.connected(requests_.at(0).id(), {}, "Connection refused");
    wait();
    EXPECT_EQ(caller_->ident(), "");
}

TEST_F(GateIdent, MayEndWhileTheQuestionIsOpen)
{
    caller_->begin();
    const auto id = requests_.at(0).id();
    outside_.connected(id, std::move(ours_), {});
    context_.poll();
    caller_.reset();
    outside_.connected(id, {}, "late");
}

// ---- Unix sockets ---------------------------------------------------------------------------

TEST(GateCallers, OfTheSendmailCommandAreUsersOfThisHost)
{
    const Place place;
    Rig rig({.protocol = "submit", .unix_path = place.socket()});
    auto client = rig.client();
    greet(client);
    EXPECT_THAT(send_letter(client, "Hello\r\n"), StartsWith("250"));
    const auto& envelope = rig.keeper.letters.at(0).envelope;
    EXPECT_TRUE(envelope.origin().local());
    EXPECT_EQ(envelope.origin().local_user(), ::getuid());
    EXPECT_EQ(envelope.origin().client_address(), "");
    EXPECT_TRUE(rig.keeper.questions.at(0).origin().local());
    EXPECT_THAT(envelope.prefix(), StartsWith("Received: by mx.example.org (from user " +
                                              std::to_string(::getuid()) + ")"));
}

TEST(GateCallers, OfTheSendmailCommandAreCountedByUser)
{
    const Place place;
    Rig rig({.protocol = "submit", .unix_path = place.socket()}, {.sessions_per_client = 1});
    auto one = rig.client();
    greet(one);
    EXPECT_THAT(rig.client().rest(), StartsWith("421 4.7.0 "));
}

TEST(GateCallers, SpeakLmtpThroughAUnixSocketAndAreNotTrustedForThat)
{
    const Place place;
    Rig rig({.protocol = "lmtp", .unix_path = place.socket()}, {.sessions_per_client = 1});
    rig.keeper.refused["carol@example.org"] = {550, "5.1.1 No such user"};
    auto client = rig.client(), other = rig.client();
    EXPECT_THAT(client.reply(), EndsWith(" LMTP\r\n"));
    EXPECT_THAT(other.reply(), EndsWith(" LMTP\r\n")) << "One program stands for many clients.";
    EXPECT_THAT(client.ask("EHLO store.example"), StartsWith("500 "));
    EXPECT_THAT(client.ask("LHLO store.example"), StartsWith("250-"));
    client.ask("MAIL FROM:<>");
    client.ask("RCPT TO:<bob@example.org>");
    client.ask("RCPT TO:<carol@example.org>");
    client.ask("RCPT TO:<dave@example.org>");
    client.ask("DATA");
    EXPECT_EQ(client.ask("Hello\r\n."), "250 2.0.0 Ok: queued as letter1\r\n");
    EXPECT_EQ(client.reply(), "250 2.0.0 Ok: queued as letter1\r\n");
    const auto& envelope = rig.keeper.letters.at(0).envelope;
    EXPECT_EQ(envelope.origin().protocol(), "LMTP");
    EXPECT_FALSE(envelope.origin().local());
    EXPECT_THAT(envelope.recipients(), ElementsAre("bob@example.org", "dave@example.org"));
}

// ---- What is asked for ----------------------------------------------------------------------

TEST(GateCallers, HaveWhatTheyAskForWithTheLetter)
{
    Rig rig;
    auto client = rig.client();
    greet(client);
    client.ask("MAIL FROM:<> RET=HDRS ENVID=x+20y");
    client.ask("RCPT TO:<bob@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+2Bb@example.org");
    client.ask("RCPT TO:<dave@example.org>");
    client.ask("DATA");
    client.ask(".");
    const auto& envelope = rig.keeper.letters.at(0).envelope;
    EXPECT_EQ(envelope.ret(), "HDRS");
    EXPECT_EQ(envelope.envelope_id(), "x y");
    ASSERT_EQ(envelope.terms_size(), 2);
    EXPECT_EQ(envelope.terms(0).notify(), 2U | 8U);
    EXPECT_EQ(envelope.terms(0).original(), "rfc822;b+b@example.org");
    EXPECT_EQ(envelope.terms(1).notify(), 0);
    EXPECT_THAT(send_letter(client, "Hello\r\n"), StartsWith("250"));
    EXPECT_EQ(rig.keeper.letters.at(1).envelope.terms_size(), 0) << "Nothing was asked for.";
}

TEST(GateCallers, MayStartTheQueueWhereThatIsConfigured)
{
    config::Smtp smtp;
    smtp.etrn_networks = {"192.0.2.0/24"};
    Rig rig({.smtp = smtp});
    rig.keeper.etrn = {252, "2.0.0 Pending messages for node b.example started"};
    auto client = rig.client();
    client.reply();
    EXPECT_THAT(client.ask("EHLO client.example"), HasSubstr("250-ETRN\r\n"));
    EXPECT_EQ(client.ask("ETRN @B.example"),
              "252 2.0.0 Pending messages for node b.example started\r\n");
    EXPECT_EQ(rig.keeper.etrns.at(0).domain(), "@b.example");
    EXPECT_EQ(rig.keeper.etrns.at(0).origin().client_address(), "127.0.0.1");
    rig.keeper.etrn = {0, ""};
    EXPECT_THAT(client.ask("ETRN b.example"), StartsWith("451 "));
    Rig other;
    auto stranger = other.client();
    greet(stranger);
    EXPECT_THAT(stranger.ask("ETRN b.example"), StartsWith("502 "));
}

TEST(GateCallers, NeverHearThatALetterIsDiscardedOrInQuarantine)
{
    Rig rig;
    rig.keeper.fates["bob@example.org"] = wire::Verdict::DISCARD;
    rig.keeper.fates["carol@example.org"] = wire::Verdict::QUARANTINE;
    auto client = rig.client();
    greet(client);
    EXPECT_THAT(send_letter(client, "Hello\r\n"), StartsWith("250"));
    EXPECT_TRUE(rig.keeper.letters.at(0).envelope.discard());
    client.ask("MAIL FROM:<>");
    client.ask("RCPT TO:<bob@example.org>");
    client.ask("RSET");
    client.ask("MAIL FROM:<>");
    EXPECT_THAT(client.ask("RCPT TO:<carol@example.org>"), StartsWith("250 2.1.5 Ok"));
    client.ask("DATA");
    client.ask(".");
    EXPECT_EQ(rig.keeper.letters.at(1).envelope.quarantine(), "2.1.5 Ok");
    EXPECT_FALSE(rig.keeper.letters.at(1).envelope.discard()) << "That was another letter's.";
}

// ---- The drop -------------------------------------------------------------------------------

class GateDrop : public testing::Test {
protected:
    wire::Control::Collected collect(const std::string& text)
    {
        UniqueFd file(::memfd_create("drop", MFD_CLOEXEC));
        EXPECT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
        ::lseek(file.get(), 0, SEEK_SET);
        std::optional<wire::Control::Collected> answer;
        rig_.worker.collect(settings_with({.message_bytes = 3 << 20}), {1234, std::move(file)},
                            [&](wire::Control::Collected collected) { answer = collected; });
        EXPECT_TRUE(rig_.run_until([&] { return answer.has_value(); }));
        return answer.value_or(wire::Control::Collected());
    }
    static std::string head()
    {
        mail::Drop drop;
        drop.sender = mail::ReversePath::parse("alice@example.org").value();
        drop.recipients = {mail::ForwardPath::parse("bob@example.org").value()};
        drop.notify = mail::notify::success;
        drop.ret = mail::Return::full;
        return mail::drop_head(drop);
    }

    Rig rig_;
    using Collected = wire::Control::Collected;
};

TEST_F(GateDrop, HandsALetterInForItsOwner)
{
    EXPECT_EQ(collect(head() + "Subject: x\r\n\r\nHi\r\n").end(), Collected::TAKEN);
    ASSERT_EQ(rig_.keeper.letters.size(), 1);
    const auto& [envelope, body] = rig_.keeper.letters[0];
    EXPECT_EQ(body, "Subject: x\r\n\r\nHi\r\n");
    EXPECT_EQ(envelope.sender(), "alice@example.org");
    EXPECT_THAT(envelope.recipients(), ElementsAre("bob@example.org"));
    EXPECT_TRUE(envelope.origin().local());
    EXPECT_EQ(envelope.origin().local_user(), 1234);
    EXPECT_EQ(envelope.ret(), "FULL");
    EXPECT_EQ(envelope.terms(0).notify(), mail::notify::success);
    EXPECT_THAT(envelope.prefix(), StartsWith("Received: by mx.example.org (from user 1234)"));
    EXPECT_THAT(envelope.prefix(), Not(HasSubstr("with")));
}

TEST_F(GateDrop, HandsInALargeOneInPieces)
{
    std::string text;
    while (text.size() < (2 << 20))
        text += std::string(98, 'x') + "\r\n";
    EXPECT_EQ(collect(head() + text).end(), Collected::TAKEN);
    EXPECT_TRUE(rig_.keeper.letters.at(0).body == text);
}

TEST_F(GateDrop, LeavesALetterThatTheKeeperCannotTakeNow)
{
    rig_.keeper.refused["bob@example.org"] = {451, "4.3.0 Later"};
    EXPECT_EQ(collect(head() + "x\r\n").end(), Collected::LATER);
    rig_.keeper.refused.clear();
    rig_.keeper.failing[wire::Method::accept] = wire::Failure::no_space;
    EXPECT_EQ(collect(head() + "x\r\n").end(), Collected::LATER);
    rig_.keeper.hang_up();
    EXPECT_EQ(collect(head() + "x\r\n").end(), Collected::LATER);
}

TEST_F(GateDrop, LeavesItToTheRouteToTellASenderOfWrongRecipients)
{
    rig_.keeper.refused["bob@example.org"] = {550, "5.1.1 No such user"};
    EXPECT_EQ(collect(head() + "x\r\n").end(), Collected::TAKEN);
}

TEST_F(GateDrop, SetsAsideWhatIsNoLetter)
{
    EXPECT_EQ(collect("").end(), Collected::UNFIT);
    EXPECT_EQ(collect("what is this\n\n").end(), Collected::UNFIT);
    EXPECT_EQ(collect(head().substr(0, 20)).end(), Collected::UNFIT);
    EXPECT_EQ(collect(head() + "bare\nline\r\n").end(), Collected::UNFIT);
    EXPECT_EQ(collect(head() + std::string(200'000, 'x') + "\r\n").end(), Collected::UNFIT);
    std::string big;
    while (big.size() <= (3 << 20))
        big += std::string(98, 'x') + "\r\n";
    EXPECT_EQ(collect(head() + big).end(), Collected::UNFIT);
    EXPECT_THAT(rig_.keeper.letters, IsEmpty());
}

} // namespace
} // namespace posthouse::gate
