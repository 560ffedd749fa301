// SPDX-License-Identifier: Apache-2.0
// Next hops, their fall-backs, mail stores, and the terms of single destinations.
#include "tests/courier/town.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <filesystem>
#include <unistd.h>

namespace posthouse::courier::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Manners saying(std::string command, std::string reply)
{
    return {.reply = [=](std::size_t, std::string_view said) -> std::optional<std::string> {
        return said.starts_with(command) && command.empty() == said.empty() ? std::optional(reply)
                                                                            : std::nullopt;
    }};
}

wire::Attempted attempt_by(Town& town, const std::string& destination,
                           const std::vector<std::string>& recipients = {"x@b.test"})
{
    auto order = order_for(recipients);
    order.set_destination(destination);
    return town.attempt({.attempt = std::move(order), .body = Body("Subject: x\r\n\r\nHello\r\n")});
}

config::Destination destination_of(const std::string& match)
{
    config::Destination destination;
    destination.match = match;
    return destination;
}

config::NextHop hop(const std::string& name)
{
    return {config::NextHop::Kind::host, name, 0};
}

// ---- Next hops --------------------------------------------------------------------------------

TEST(Hops, TakeTheLetterInTheDomainsPlace)
{
    Town town;
    auto& relay = town.host();
    town.targets.known["[relay.test]:587"] = targets_at({relay.port()});
    const auto attempted = attempt_by(town, "via:[relay.test]:587");
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED);
    EXPECT_EQ(attempted.site(), "the site");
    EXPECT_THAT(town.targets.asked, ElementsAre("via:[relay.test]:587"));
}

TEST(Hops, AreFallBacksForOneAnother)
{
    Town town;
    auto& ill = town.host(saying("", "421 4.3.2 closed"));
    auto& well = town.host();
    town.targets.known["ill.test"] = targets_at({ill.port(), town.dead_port()});
    town.targets.known["well.test"] = targets_at({well.port()});
    const auto attempted = attempt_by(town, "via:unknown.test|ill.test|well.test|never.test");
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED);
    EXPECT_FALSE(attempted.site_troubled());
    EXPECT_EQ(well.letters.size(), 1u);
    EXPECT_THAT(town.targets.asked,
                ElementsAre("via:unknown.test", "via:ill.test", "via:well.test"));
}

TEST(Hops, AreNotAskedAgainWhatOneHasRefused)
{
    Town town;
    auto& strict = town.host(saying("RCPT", "550 5.1.1 no such user"));
    auto& other = town.host();
    town.targets.known["strict.test"] = targets_at({strict.port()});
    town.targets.known["other.test"] = targets_at({other.port()});
    const auto attempted = attempt_by(town, "via:strict.test|other.test");
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::FAILED);
    EXPECT_TRUE(other.clients.empty());
}

TEST(Hops, LetALetterWaitWhenNoneIsKnown)
{
    Town town;
    const auto attempted = attempt_by(town, "via:one.test|two.test");
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DEFERRED);
    EXPECT_EQ(attempted.outcomes(0).status(), "4.4.3");
    EXPECT_THAT(attempted.outcomes(0).text(), HasSubstr("one.test"));
    EXPECT_TRUE(attempted.health_unknown());
}

TEST(Hops, AreTriedNoMoreThanTheLimitInAll)
{
    Town town;
    std::string destination = "via:";
    for (std::size_t i = 0; i < Limits::hops; ++i) {
        const auto name = fmt::format("h{}.test", i);
        town.targets.known[name] = targets_at(std::vector<std::uint16_t>(5, town.dead_port()));
        destination += (i == 0 ? "" : "|") + name;
    }
    EXPECT_EQ(attempt_by(town, destination).trace_size(),
              static_cast<int>(Limits::addresses_in_all));
}

TEST(Fallback, TakesWhatNoHostOfTheDomainTakes)
{
    auto config = configuration();
    config.outbound.fallback_relay = hop("fallback.test");
    Town town(config);
    auto& relay = town.host();
    town.targets.known["[fallback.test]"] = targets_at({relay.port()});
    town.serve({town.dead_port()});
    auto attempted = town.attempt({"x@b.test"});
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED);
    town.targets.known.erase("b.test"); // Its DNS is down.
    attempted = town.attempt({"x@b.test"});
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED);
    EXPECT_EQ(relay.letters.size(), 2u);
}

TEST(Fallback, IsNotForWhatIsRefused)
{
    auto config = configuration();
    config.outbound.fallback_relay = hop("fallback.test");
    Town town(config);
    auto& relay = town.host();
    town.targets.known["[fallback.test]"] = targets_at({relay.port()});
    for (const auto& [command, reply] : std::vector<std::pair<std::string, std::string>>{
             {"RCPT", "550 5.1.1 no"}, {"RCPT", "450 4.2.1 later"}, {"", "521 5.3.2 never"}}) {
        auto& host = town.host(saying(command, reply));
        town.serve({host.port()});
        EXPECT_NE(town.attempt({"x@b.test"}).outcomes(0).result(), wire::Attempted::DELIVERED);
    }
    wire::Targets none;
    none.set_failed(true);
    none.set_permanent(true);
    none.set_status("5.1.2");
    town.targets.known["b.test"] = none;
    EXPECT_EQ(town.attempt({"x@b.test"}).outcomes(0).result(), wire::Attempted::FAILED);
    town.targets.known["ill.test"] = targets_at({town.dead_port()});
    EXPECT_EQ(attempt_by(town, "via:ill.test").outcomes(0).result(), wire::Attempted::DEFERRED);
    EXPECT_TRUE(relay.clients.empty());
}

// ---- LMTP -------------------------------------------------------------------------------------

Manners mail_store()
{
    return {.reply = [](std::size_t, std::string_view said) -> std::optional<std::string> {
                if (said.starts_with("EHLO"))
                    return "500 this is LMTP";
                if (said.starts_with("RCPT TO:<no"))
                    return "550 5.1.1 no such user";
                return std::nullopt;
            },
            .lmtp = true};
}

TEST(MailStore, IsReachedByLmtpAndAnswersForEachRecipient)
{
    Town town;
    auto& store = town.host(mail_store());
    town.targets.known["[store.test]:24"] = targets_at({store.port()});
    const auto attempted =
        attempt_by(town, "lmtp:[store.test]:24", {"a@b.test", "no@b.test", "c@b.test"});
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED);
    EXPECT_EQ(attempted.outcomes(1).result(), wire::Attempted::FAILED);
    EXPECT_EQ(attempted.outcomes(2).result(), wire::Attempted::DELIVERED);
    EXPECT_THAT(store.commands, Contains("LHLO"));
}

TEST(MailStore, MayBeAtAUnixSocket)
{
    const auto path =
        std::filesystem::temp_directory_path() / fmt::format("posthouse-lmtp-{}", ::getpid());
    std::filesystem::remove(path);
    {
        Town town;
        auto manners = mail_store();
        manners.path = path;
        auto& store = town.host(std::move(manners));
        const auto destination = "lmtp:unix:" + path.string();
        for (int i = 0; i < 2; ++i) {
            const auto attempted = attempt_by(town, destination);
            EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED);
            EXPECT_EQ(attempted.outcomes(0).host(), "unix:" + path.string());
            EXPECT_EQ(attempted.site(), "unix:" + path.string());
        }
        EXPECT_EQ(store.letters.size(), 2u);
        EXPECT_EQ(store.clients.size(), 1u);
        EXPECT_TRUE(town.targets.asked.empty());
    }
    std::filesystem::remove(path);
    Town town;
    const auto attempted = attempt_by(town, "lmtp:unix:" + path.string());
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DEFERRED);
    EXPECT_TRUE(attempted.site_troubled());
    EXPECT_THAT(attempted.outcomes(0).text(), HasSubstr("No such file"));
}

// ---- Certificates -----------------------------------------------------------------------------

config::Config with_tls(config::OutboundTls tls, std::vector<std::string> fingerprints = {})
{
    auto config = configuration();
    auto destination = destination_of("b.test");
    destination.tls = tls;
    destination.fingerprints = std::move(fingerprints);
    config.destinations.push_back(std::move(destination));
    return config;
}

TEST(Certificates, OfAVerifiedHostAreInItsNameAndTrusted)
{
    Town town(with_tls(config::OutboundTls::verified));
    auto& right = town.host({.extensions = {"STARTTLS"}, .tls = server_tls()});
    town.serve({right.port()});
    EXPECT_EQ(town.attempt({"x@b.test"}).outcomes(0).result(), wire::Attempted::DELIVERED);
    EXPECT_TRUE(right.letters.at(0).tls);
}

TEST(Certificates, ThatAreWrongStopTheLetter)
{
    struct Case {
        Manners manners;
        std::string said;
    };
    const auto starttls = std::vector<std::string>{"STARTTLS"};
    Town town(with_tls(config::OutboundTls::verified));
    for (const auto& [manners, said] : std::vector<Case>{
             {{.extensions = starttls, .tls = server_tls(tests::self_signed("mx1.test"))},
              "self-signed certificate"},
             {{.extensions = starttls}, "handshake failed"},
             {{}, "does not offer it"}}) {
        auto& host = town.host(manners);
        town.serve({host.port()});
        const auto attempted = town.attempt({"x@b.test"});
        EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DEFERRED);
        EXPECT_THAT(attempted.outcomes(0).status(), StartsWith("4.7."));
        EXPECT_THAT(attempted.outcomes(0).text(), HasSubstr(said));
        EXPECT_TRUE(attempted.site_troubled());
        EXPECT_TRUE(host.letters.empty());
        EXPECT_EQ(host.clients.size(), 1u) << "Never in the clear.";
    }
    // Trusted, but another host's.
    auto& host = town.host({.extensions = starttls, .tls = server_tls()});
    town.serve({town.dead_port(), host.port()});
    const auto attempted = town.attempt({"x@b.test"});
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DEFERRED);
    EXPECT_EQ(attempted.outcomes(0).status(), "4.7.5");
    EXPECT_THAT(attempted.outcomes(0).text(), HasSubstr("mx2.test"));
    EXPECT_TRUE(host.letters.empty());
}

TEST(Certificates, AreKnownByTheirFingerprint)
{
    const auto made = tests::self_signed("whoever.test");
    Town town(
        with_tls(config::OutboundTls::fingerprint, {std::string(64, '0'), fingerprint(made)}));
    auto& known = town.host({.extensions = {"STARTTLS"}, .tls = server_tls(made)});
    town.serve({known.port()});
    EXPECT_EQ(town.attempt({"x@b.test"}).outcomes(0).result(), wire::Attempted::DELIVERED);

    auto& stranger = town.host({.extensions = {"STARTTLS"}, .tls = server_tls()});
    auto targets = targets_at({stranger.port()});
    targets.set_site("another site");
    town.targets.known["b.test"] = targets;
    const auto attempted = town.attempt({"x@b.test"});
    EXPECT_EQ(attempted.outcomes(0).status(), "4.7.5");
    EXPECT_THAT(attempted.outcomes(0).text(), HasSubstr(fingerprint(certificate())));
    EXPECT_TRUE(stranger.letters.empty());
}

TEST(Certificates, DoNotMatterForOtherDestinations)
{
    Town town(with_tls(config::OutboundTls::verified));
    auto& host = town.host();
    town.serve({host.port()});
    town.targets.known["c.test"] = town.targets.known["b.test"];
    EXPECT_EQ(attempt_by(town, "smtp:c.test").outcomes(0).result(), wire::Attempted::DELIVERED);
    EXPECT_EQ(host.open, 1u) << "It waits for the next letter,";
    EXPECT_EQ(attempt_by(town, "smtp:b.test").outcomes(0).result(), wire::Attempted::DEFERRED)
        << "but not for one that may only go over TLS.";
}

// ---- Other terms ------------------------------------------------------------------------------

TEST(Terms, SplitAnEnvelopeWhereTheyAreAskedTo)
{
    auto config = configuration();
    config.destinations.push_back(destination_of("*"));
    config.destinations[0].recipients = 2;
    Town town(config);
    auto& host = town.host();
    town.serve({host.port()});
    town.attempt({"1@b.test", "2@b.test", "3@b.test"});
    ASSERT_EQ(host.letters.size(), 2u);
    EXPECT_THAT(host.letters[1].recipients, ElementsAre("3@b.test"));
}

TEST(Terms, NameThePortAndTheSourceOfADestination)
{
    Town town;
    auto& host = town.host();
    auto config = configuration();
    config.destinations.push_back(destination_of("b.test"));
    config.destinations[0].source_ipv4 = "127.0.0.3";
    config.destinations[0].port = host.port();
    town.carrier.configure(policy_for(config));
    town.serve({0});
    EXPECT_EQ(town.attempt({"x@b.test"}).outcomes(0).result(), wire::Attempted::DELIVERED);
    EXPECT_THAT(host.clients, ElementsAre("127.0.0.3"));
}

TEST(Reach, IsWideOnlyWhereTablesNameNextHops)
{
    auto config = configuration();
    EXPECT_FALSE(reach_of(config).tables);
    config.outbound.smart_host.push_back({config::NextHop::Kind::host, "relay.test", 2587});
    config.outbound.fallback_relay = config::NextHop{config::NextHop::Kind::host, "f.test", 2588};
    config.destinations.push_back(destination_of("b.test"));
    config.destinations[0].port = 2589;
    for (const int port : {25, 24, 587, 2587, 2588, 2589})
        EXPECT_THAT(reach_of(config).ports, Contains(port));
    EXPECT_FALSE(reach_of(config).tables);
    config.tables.mailertable = {"/etc/mail/mailertable"};
    EXPECT_TRUE(reach_of(config).tables);
}

// ---- Logins -----------------------------------------------------------------------------------

config::Config with_login(config::OutboundTls tls)
{
    auto config = configuration();
    config.outbound.tls = tls;
    config.outbound.smart_host = {hop("relay.test")};
    config.outbound.smart_host_login = config::Login{"we", "/etc/password"};
    return config;
}

TEST(Logins, AreTriedAtTheSmartHostOnly)
{
    Policy::Secrets secrets;
    secrets.emplace("/etc/password", Secret("secret"));
    Town town(with_login(config::OutboundTls::verified), std::move(secrets));
    auto& host = town.host({.extensions = {"STARTTLS", "AUTH PLAIN"}, .tls = server_tls()});
    town.targets.known["[relay.test]"] = targets_at({host.port()});
    town.targets.known["other.test"] = town.targets.known["[relay.test]"];
    EXPECT_EQ(attempt_by(town, "via:[relay.test]").outcomes(0).result(),
              wire::Attempted::DELIVERED);
    EXPECT_THAT(host.lines, Contains("AUTH PLAIN AHdlAHNlY3JldA=="));
    host.lines.clear();
    EXPECT_EQ(attempt_by(town, "via:other.test").outcomes(0).result(), wire::Attempted::DELIVERED);
    EXPECT_THAT(host.lines, Not(Contains(StartsWith("AUTH"))));
    EXPECT_EQ(host.clients.size(), 2u) << "Who is logged in is not who is not.";
}

TEST(Logins, KeepThePasswordFromAnUnverifiedHost)
{
    Town town(with_login(config::OutboundTls::required));
    auto& host = town.host({.extensions = {"STARTTLS", "AUTH PLAIN LOGIN"}, .tls = server_tls()});
    town.targets.known["[relay.test]"] = targets_at({host.port()});
    const auto attempted = attempt_by(town, "via:[relay.test]");
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DEFERRED);
    EXPECT_EQ(attempted.outcomes(0).status(), "4.7.0");
    EXPECT_TRUE(attempted.site_troubled());
    EXPECT_THAT(host.commands, Not(Contains("AUTH")));
}

TEST(Logins, ThatFailLetTheLetterWait)
{
    Town town(with_login(config::OutboundTls::verified));
    auto manners = saying("AUTH", "535 5.7.8 wrong");
    manners.extensions = {"STARTTLS", "AUTH PLAIN"};
    manners.tls = server_tls();
    auto& host = town.host(std::move(manners));
    town.targets.known["[relay.test]"] = targets_at({host.port()});
    const auto attempted = attempt_by(town, "via:[relay.test]");
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DEFERRED);
    EXPECT_EQ(attempted.outcomes(0).text(), "535 4.7.8 wrong");
    EXPECT_TRUE(attempted.site_troubled());
    EXPECT_TRUE(host.letters.empty());
}

} // namespace
} // namespace posthouse::courier::test
