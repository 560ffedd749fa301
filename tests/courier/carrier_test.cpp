// SPDX-License-Identifier: Apache-2.0
#include "tests/courier/town.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

namespace posthouse::courier::test {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string host_at(std::size_t number)
{
    return fmt::format("mx{}.test[127.0.0.1]", number);
}

/// Answers one command, on every connection, with this.
Manners saying(std::string command, std::string reply)
{
    return {.reply = [=](std::size_t, std::string_view said) -> std::optional<std::string> {
        return said.starts_with(command) && command.empty() == said.empty() ? std::optional(reply)
                                                                            : std::nullopt;
    }};
}

std::size_t times(const FakeHost& host, std::string_view command)
{
    return static_cast<std::size_t>(std::ranges::count(host.commands, command));
}

// ---- Outcomes -------------------------------------------------------------------------------

TEST(Carrier, ReportsTheHostsOwnWords)
{
    Town town;
    auto& host = town.host(saying(".", "250 2.0.0 Ok: queued as 17"));
    town.serve({host.port()});
    const auto attempted = town.attempt({"x@b.test"}, "Subject: x\r\n\r\n.dot\r\n");
    ASSERT_EQ(attempted.outcomes_size(), 1);
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED);
    EXPECT_EQ(attempted.outcomes(0).status(), "2.0.0");
    EXPECT_EQ(attempted.outcomes(0).text(), "250 2.0.0 Ok: queued as 17");
    EXPECT_EQ(attempted.outcomes(0).host(), host_at(1));
    EXPECT_EQ(attempted.site(), "the site");
    EXPECT_FALSE(attempted.site_troubled());
    EXPECT_FALSE(attempted.health_unknown());
    ASSERT_EQ(attempted.trace_size(), 1);
    EXPECT_THAT(attempted.trace(0), StartsWith(host_at(1) + ':' + std::to_string(host.port())));
    EXPECT_THAT(attempted.trace(0), EndsWith(": 250 2.0.0 Ok: queued as 17"));
    ASSERT_EQ(host.letters.size(), 1U);
    EXPECT_EQ(host.letters[0].sender, "a@a.test");
    EXPECT_THAT(host.letters[0].recipients, ElementsAre("x@b.test"));
    EXPECT_EQ(host.letters[0].data, "Subject: x\r\n\r\n..dot\r\n");
}

TEST(Carrier, GivesEachRecipientItsOutcomeInTheirOrder)
{
    Town town;
    auto& host = town.host({.reply = [](std::size_t, std::string_view said) {
        using Reply = std::optional<std::string>;
        if (said.starts_with("RCPT TO:<no"))
            return Reply("550 5.1.1 no such user");
        return said.starts_with("RCPT TO:<later") ? Reply("450 4.2.1 greylisted") : Reply();
    }});
    town.serve({host.port()});
    const auto attempted =
        town.attempt({"no@b.test", "yes@b.test", "later@b.test", "not an address"});
    ASSERT_EQ(attempted.outcomes_size(), 4);
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::FAILED);
    EXPECT_EQ(attempted.outcomes(0).text(), "550 5.1.1 no such user");
    EXPECT_EQ(attempted.outcomes(0).status(), "5.1.1");
    EXPECT_EQ(attempted.outcomes(1).result(), wire::Attempted::DELIVERED);
    EXPECT_EQ(attempted.outcomes(2).result(), wire::Attempted::DEFERRED);
    EXPECT_EQ(attempted.outcomes(2).status(), "4.2.1");
    EXPECT_EQ(attempted.outcomes(3).result(), wire::Attempted::FAILED);
    EXPECT_EQ(attempted.outcomes(3).status(), "5.1.3");
    EXPECT_FALSE(attempted.site_troubled()); // The host is well; it is of the recipients.
    EXPECT_FALSE(attempted.health_unknown());
    EXPECT_EQ(host.clients.size(), 1U);
}

TEST(Carrier, SendsWhatWasTooManyInTheNextTransaction)
{
    Town town;
    std::size_t taken = 0;
    auto& host = town.host({.reply = [&](std::size_t, std::string_view said) {
        using Reply = std::optional<std::string>;
        if (said.starts_with("MAIL"))
            taken = 0;
        const bool too_many = said.starts_with("RCPT") && ++taken > 2;
        return too_many ? Reply("452 4.5.3 too many") : Reply();
    }});
    town.serve({host.port()});
    const auto attempted =
        town.attempt({"1@b.test", "2@b.test", "3@b.test", "4@b.test", "5@b.test"});
    for (const auto& outcome : attempted.outcomes())
        EXPECT_EQ(outcome.result(), wire::Attempted::DELIVERED) << outcome.text();
    ASSERT_EQ(host.letters.size(), 3U);
    EXPECT_THAT(host.letters[2].recipients, ElementsAre("5@b.test"));
    EXPECT_EQ(host.clients.size(), 1U);
}

// ---- Hosts in trouble -------------------------------------------------------------------------

TEST(Carrier, GoesToTheNextHostWhenOneIsInTrouble)
{
    for (const auto& [command, reply] :
         std::vector<std::pair<std::string, std::string>>{{"", "421 4.3.2 closed"},
                                                          {"", "554 5.7.1 not you"},
                                                          {"", hang_up},
                                                          {"EHLO", "421 4.3.2 closing"},
                                                          {"MAIL", "421 4.3.2 closing"},
                                                          {"MAIL", hang_up},
                                                          {"DATA", hang_up}}) {
        SCOPED_TRACE(command + " -> " + reply);
        Town town;
        auto& ill = town.host(saying(command, reply));
        auto& well = town.host();
        town.serve({ill.port(), well.port()});
        const auto attempted = town.attempt({"x@b.test"});
        EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED);
        EXPECT_EQ(attempted.outcomes(0).host(), host_at(2));
        EXPECT_FALSE(attempted.site_troubled());
        EXPECT_EQ(ill.clients.size(), 1U);
        EXPECT_EQ(well.letters.size(), 1U);
        EXPECT_EQ(attempted.trace_size(), 2);
    }
}

TEST(Carrier, GoesToTheNextHostWhenNobodyListens)
{
    Town town;
    auto& well = town.host();
    town.serve({town.dead_port(), well.port()});
    const auto attempted = town.attempt({"x@b.test"});
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED);
    ASSERT_EQ(attempted.trace_size(), 2);
    EXPECT_THAT(attempted.trace(0), HasSubstr("Connection refused"));
}

TEST(Carrier, DefersAndBlamesTheSiteWhenAllHostsAreInTrouble)
{
    Town town;
    auto& ill = town.host(saying("", "421 4.3.2 come back later"));
    town.serve({town.dead_port(), ill.port()});
    const auto attempted = town.attempt({"x@b.test", "y@b.test"});
    EXPECT_TRUE(attempted.site_troubled());
    EXPECT_FALSE(attempted.health_unknown());
    ASSERT_EQ(attempted.outcomes_size(), 2);
    for (const auto& outcome : attempted.outcomes()) {
        EXPECT_EQ(outcome.result(), wire::Attempted::DEFERRED);
        EXPECT_EQ(outcome.text(), "421 4.3.2 come back later");
        EXPECT_EQ(outcome.host(), host_at(2));
    }
}

TEST(Carrier, FailsForGoodOnlyIfNoHostMayTakeMailLater)
{
    const auto never = saying("", "521 5.3.2 takes no mail"); // RFC 7504 §3
    Town town;
    auto& one = town.host(never);
    auto& other = town.host(never);
    town.serve({one.port(), other.port()});
    auto attempted = town.attempt({"x@b.test"});
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::FAILED);
    EXPECT_EQ(attempted.outcomes(0).status(), "5.3.2");
    EXPECT_FALSE(attempted.site_troubled());

    town.serve({town.dead_port(), other.port()});
    attempted = town.attempt({"x@b.test"});
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DEFERRED);
    EXPECT_TRUE(attempted.site_troubled());
}

TEST(Carrier, AsksNobodyElseWhereItMayHaveBeenDelivered)
{
    Town town;
    auto& ill = town.host(saying(".", hang_up));
    auto& well = town.host();
    town.serve({ill.port(), well.port()});
    const auto attempted = town.attempt({"x@b.test"});
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DEFERRED);
    EXPECT_TRUE(attempted.site_troubled());
    EXPECT_TRUE(well.clients.empty());
}

TEST(Carrier, TriesNoMoreAddressesThanItsLimits)
{
    Town town;
    auto targets = targets_at({town.dead_port()});
    for (int i = 0; i < 30; ++i)
        targets.mutable_targets(0)->add_addresses("127.0.0.1");
    town.targets.known["b.test"] = targets;
    EXPECT_EQ(town.attempt({"x@b.test"}).trace_size(), static_cast<int>(Limits::addresses));

    town.serve(std::vector<std::uint16_t>(20, town.dead_port()));
    EXPECT_EQ(town.attempt({"x@b.test"}).trace_size(), static_cast<int>(Limits::hosts));
}

// ---- Before any host --------------------------------------------------------------------------

TEST(Carrier, DoesNotBlameTheSiteForDns)
{
    Town town;
    town.targets.known["b.test"] = std::unexpected(wire::Failure::closed);
    auto attempted = town.attempt({"x@b.test"});
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DEFERRED);
    EXPECT_EQ(attempted.outcomes(0).status(), "4.4.3");
    EXPECT_TRUE(attempted.health_unknown());
    EXPECT_FALSE(attempted.site_troubled());

    wire::Targets failed;
    failed.set_failed(true);
    failed.set_status("4.4.3");
    failed.set_text("no answer");
    failed.add_steps("asked for MX");
    town.targets.known["b.test"] = failed;
    attempted = town.attempt({"x@b.test"});
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DEFERRED);
    EXPECT_EQ(attempted.outcomes(0).text(), "no answer");
    EXPECT_THAT(attempted.trace(), ElementsAre("asked for MX"));
    EXPECT_TRUE(attempted.health_unknown());

    failed.set_permanent(true);
    failed.set_status("5.1.2");
    town.targets.known["b.test"] = failed;
    attempted = town.attempt({"x@b.test"});
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::FAILED);
    EXPECT_EQ(attempted.outcomes(0).status(), "5.1.2");
    EXPECT_TRUE(attempted.health_unknown());
}

TEST(Carrier, SendsNothingThatNobodyWaitsForAnyMore)
{
    Town town;
    auto& host = town.host();
    town.serve({host.port()});
    const auto attempted =
        town.attempt({.attempt = order_for({"x@b.test"}), .body = Body("\r\n"), .is_wanted = [] {
                          return false;
                      }});
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DEFERRED);
    EXPECT_TRUE(attempted.health_unknown());
    EXPECT_TRUE(host.clients.empty());
}

// ---- TLS ------------------------------------------------------------------------------------

TEST(Carrier, UsesTlsWhereItIsOfferedWithAnyCertificate)
{
    Town town;
    auto& host = town.host({.extensions = {"STARTTLS"}, .tls = server_tls()});
    town.serve({host.port()});
    const auto attempted = town.attempt({"x@b.test"});
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED);
    ASSERT_EQ(host.letters.size(), 1U);
    EXPECT_TRUE(host.letters[0].tls);
    EXPECT_THAT(attempted.trace(0), HasSubstr("TLSv1.3"));
    EXPECT_EQ(town.attempt({"y@b.test"}).outcomes(0).result(), wire::Attempted::DELIVERED);
    EXPECT_EQ(host.clients.size(), 1U);
}

TEST(Carrier, GoesOnInTheClearWhereTlsDoesNotWorkAndRemembersIt)
{
    auto config = configuration();
    config.queue.connection_reuse = std::chrono::seconds(0);
    Town town(config);
    auto& host = town.host({.extensions = {"STARTTLS"}});
    town.serve({host.port()});
    const auto attempted = town.attempt({"x@b.test"});
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED);
    EXPECT_EQ(host.clients.size(), 2U);
    ASSERT_EQ(attempted.trace_size(), 2);
    EXPECT_THAT(attempted.trace(0), HasSubstr("going on without TLS"));

    town.attempt({"x@b.test"});
    EXPECT_EQ(host.letters.size(), 2U);
    EXPECT_EQ(host.clients.size(), 3U);
    EXPECT_EQ(times(host, "STARTTLS"), 1U);
}

TEST(Carrier, SendsNothingInTheClearWhereTlsIsRequired)
{
    auto config = configuration();
    config.outbound.tls = config::OutboundTls::required;
    Town town(config);
    auto& broken = town.host({.extensions = {"STARTTLS"}});
    auto& without = town.host();
    town.serve({broken.port(), without.port()});
    const auto attempted = town.attempt({"x@b.test"});
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DEFERRED);
    EXPECT_EQ(attempted.outcomes(0).status(), "4.7.4");
    EXPECT_TRUE(broken.letters.empty());
    EXPECT_TRUE(without.letters.empty());
}

TEST(Carrier, ConnectsFromTheConfiguredAddress)
{
    auto config = configuration();
    config.outbound.source_ipv4 = "127.0.0.2";
    Town town(config);
    auto& host = town.host();
    town.serve({host.port()});
    town.attempt({"x@b.test"});
    EXPECT_THAT(host.clients, ElementsAre("127.0.0.2"));
}

} // namespace
} // namespace posthouse::courier::test
