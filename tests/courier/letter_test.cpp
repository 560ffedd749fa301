// SPDX-License-Identifier: Apache-2.0
// What goes with the letter, what it has to become for a host, and questions without one.
#include "tests/courier/town.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::courier::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string eight_bit = "Subject: x\r\n\r\nGr\xc3\xbc\xc3\x9f"
                              "e to all of you\r\n";

wire::Attempted attempt_with(Town& town, wire::Attempt order, std::string letter = "x\r\n")
{
    return town.attempt({.attempt = std::move(order), .body = Body(std::move(letter))});
}

// ---- What a sender asks to be told ------------------------------------------------------------

wire::Attempt order_with_terms()
{
    auto order = order_for({"a@b.test", "b@b.test"});
    order.set_ret("HDRS");
    order.set_envelope_id("id+1 =2");
    auto* one = order.add_terms();
    one->set_notify(2 | 4);
    one->set_original("rfc822;a+b@c.test");
    order.add_terms()->set_notify(1);
    return order;
}

TEST(DeliveryTerms, ArePassedOn) // RFC 3461 §5.2.1
{
    Town town;
    auto& host = town.host({.extensions = {"DSN"}});
    town.serve({host.port()});
    const auto attempted = attempt_with(town, order_with_terms());
    EXPECT_THAT(host.lines, Contains("MAIL FROM:<a@a.test> RET=HDRS ENVID=id+2B1+20+3D2"));
    EXPECT_THAT(host.lines, Contains("RCPT TO:<a@b.test> NOTIFY=SUCCESS,FAILURE "
                                     "ORCPT=rfc822;a+2Bb@c.test"));
    EXPECT_THAT(host.lines, Contains("RCPT TO:<b@b.test> NOTIFY=NEVER"));
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED);
    EXPECT_EQ(attempted.outcomes(1).result(), wire::Attempted::DELIVERED);
}

TEST(DeliveryTerms, AreKeptWhereTheHostDoesNotKnowThem) // RFC 3461 §5.2.2
{
    Town town;
    auto& host = town.host();
    town.serve({host.port()});
    const auto attempted = attempt_with(town, order_with_terms());
    EXPECT_THAT(host.lines, Contains("MAIL FROM:<a@a.test>"));
    EXPECT_THAT(host.lines, Contains("RCPT TO:<a@b.test>"));
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::RELAYED);
    EXPECT_EQ(attempted.outcomes(1).result(), wire::Attempted::DELIVERED);
}

TEST(DeliveryTerms, AreOursBehindLmtp) // RFC 3461 §5.2.3
{
    Town town;
    auto& store = town.host({.extensions = {"DSN"}, .lmtp = true});
    town.targets.known["[store.test]:24"] = targets_at({store.port()});
    auto order = order_with_terms();
    order.set_destination("lmtp:[store.test]:24");
    const auto attempted = attempt_with(town, std::move(order));
    EXPECT_THAT(store.lines, Contains("RCPT TO:<a@b.test>"));
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED);
}

// ---- Forms ------------------------------------------------------------------------------------

TEST(Letter, GoesAsItIsToAHostThatTakesIt)
{
    Town town;
    auto& host = town.host();
    town.serve({host.port()});
    attempt_with(town, order_for({"x@b.test"}), eight_bit);
    EXPECT_EQ(host.letters.at(0).data, eight_bit);
    EXPECT_THAT(host.lines, Contains(HasSubstr("BODY=8BITMIME"))) << "Though nobody declared it.";
}

TEST(Letter, IsEncodedForAHostWithoutEightBitMime) // RFC 6152 §3
{
    Town town;
    auto& host = town.host({.extensions = {"PIPELINING", "SIZE"}});
    town.serve({host.port()});
    auto order = order_for({"x@b.test", "y@b.test"});
    order.set_eight_bit(true);
    const auto attempted = attempt_with(town, std::move(order), eight_bit);
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED);
    EXPECT_THAT(host.letters.at(0).data, HasSubstr("Gr=C3=BC=C3=9Fe to all of you\r\n"));
    EXPECT_THAT(host.lines, Contains("MAIL FROM:<a@a.test> SIZE=" +
                                     std::to_string(host.letters[0].data.size())));
}

TEST(Letter, IsAsItWasForTheNextHost)
{
    Town town;
    auto& old =
        town.host({.extensions = {},
                   .reply = [](std::size_t, std::string_view said) -> std::optional<std::string> {
                       return said == "DATA" ? std::optional<std::string>(hang_up) : std::nullopt;
                   }});
    auto& modern = town.host();
    town.serve({old.port(), modern.port()});
    attempt_with(town, order_for({"x@b.test"}), eight_bit);
    EXPECT_EQ(modern.letters.at(0).data, eight_bit);
}

TEST(Letter, FailsWhereItCannotBeEncoded)
{
    Town town;
    auto& host = town.host({.extensions = {}});
    town.serve({host.port()});
    auto attempted = attempt_with(town, order_for({"x@b.test"}), "Subject: \xc3\xa9\r\n\r\nx\r\n");
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::FAILED);
    EXPECT_EQ(attempted.outcomes(0).status(), "5.6.7");
    attempted =
        attempt_with(town, order_for({"x@b.test"}),
                     "Content-Type: multipart/signed; boundary=x\r\n\r\n--x\r\n\r\n\xe9\r\n");
    EXPECT_EQ(attempted.outcomes(0).status(), "5.6.3");
    EXPECT_FALSE(attempted.site_troubled());
    EXPECT_TRUE(host.letters.empty());
    EXPECT_EQ(host.clients.size(), 1u) << "The connection is none the worse for it.";
}

TEST(Letter, IsNotEncodedBeyondTheLimit)
{
    Town town;
    auto& host = town.host({.extensions = {}});
    town.serve({host.port()});
    const auto large = "\r\n" + std::string(Limits::converted_bytes - 1, '\n') + "\xe9\r\n";
    const auto attempted = attempt_with(town, order_for({"x@b.test"}), large);
    EXPECT_EQ(attempted.outcomes(0).status(), "5.6.3");
    EXPECT_THAT(attempted.outcomes(0).text(), HasSubstr("too large"));
}

TEST(Letter, WaitsWhereThereIsNoRoomToEncodeIt)
{
    Town town;
    auto& host = town.host({.extensions = {}});
    town.serve({host.port()});
    ASSERT_TRUE(town.carrier.take_room(Limits::converted_bytes_in_all));
    auto attempted = attempt_with(town, order_for({"x@b.test"}), eight_bit);
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DEFERRED);
    EXPECT_EQ(attempted.outcomes(0).status(), "4.3.1");
    EXPECT_FALSE(attempted.site_troubled());
    town.carrier.give_room_back(Limits::converted_bytes_in_all);
    for (int i = 0; i < 3; ++i)
        attempted = attempt_with(town, order_for({"x@b.test"}), eight_bit);
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED);
    EXPECT_TRUE(town.carrier.take_room(Limits::converted_bytes_in_all)) << "All came back.";
}

TEST(Letter, WithLongLinesIsEncodedForAnyHost)
{
    Town town;
    auto& host = town.host();
    town.serve({host.port()});
    attempt_with(town, order_for({"x@b.test"}), "\r\n" + std::string(999, 'x') + "\r\n");
    EXPECT_THAT(host.letters.at(0).data, HasSubstr("quoted-printable"));
    const auto solid = "X:" + std::string(2000, 'x') + "\r\n\r\nx\r\n";
    attempt_with(town, order_for({"x@b.test"}), solid);
    EXPECT_EQ(host.letters.at(1).data, solid) << "Where nothing helps, it goes as it is.";
}

// ---- Questions --------------------------------------------------------------------------------

TEST(Verify, AsksTheHostsAndSendsNothing)
{
    Town town;
    auto& host =
        town.host({.reply = [](std::size_t, std::string_view said) -> std::optional<std::string> {
            if (said.starts_with("RCPT TO:<no"))
                return "550 5.1.1 no such user";
            if (said.starts_with("RCPT TO:<later"))
                return "450 4.2.1 greylisted";
            return std::nullopt;
        }});
    town.serve({town.dead_port(), host.port()});
    EXPECT_EQ(town.verify("yes@b.test").answer(), wire::Verified::TAKEN);
    const auto refused = town.verify("no@b.test");
    EXPECT_EQ(refused.answer(), wire::Verified::REFUSED);
    EXPECT_EQ(refused.text(), "550 5.1.1 no such user");
    EXPECT_EQ(town.verify("later@b.test").answer(), wire::Verified::UNKNOWN);
    EXPECT_TRUE(host.letters.empty());
    EXPECT_THAT(host.commands, Not(Contains("DATA")));
    EXPECT_THAT(host.lines, Contains("MAIL FROM:<>"));
    EXPECT_EQ(host.clients.size(), 1u);
}

TEST(Verify, DoesNotTakeAHostsTroubleForAnAnswer)
{
    Town town;
    for (const auto& [command, reply] : std::vector<std::pair<std::string, std::string>>{
             {"", "554 5.7.1 not you"}, {"MAIL", "550 5.7.1 no bounces here"}, {"RCPT", hang_up}}) {
        auto& host = town.host(
            {.reply = [=](std::size_t, std::string_view said) -> std::optional<std::string> {
                return said.starts_with(command) && command.empty() == said.empty()
                           ? std::optional(reply)
                           : std::nullopt;
            }});
        town.serve({host.port()});
        EXPECT_EQ(town.verify("x@b.test").answer(), wire::Verified::UNKNOWN) << command;
        town.carrier.close_idle();
    }
    town.targets.known.erase("b.test");
    EXPECT_EQ(town.verify("x@b.test").answer(), wire::Verified::UNKNOWN);
    EXPECT_EQ(town.verify("not an address").answer(), wire::Verified::UNKNOWN);
    EXPECT_EQ(town.verify("x@b.test", "nonsense").answer(), wire::Verified::UNKNOWN);
}

} // namespace
} // namespace posthouse::courier::test
