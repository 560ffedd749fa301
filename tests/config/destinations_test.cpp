// SPDX-License-Identifier: Apache-2.0
#include "config/destinations.hpp"

#include "tests/config/texts.hpp"

#include <gtest/gtest.h>

namespace posthouse::config {
namespace {

using namespace std::chrono_literals;

Config with_destinations(const std::vector<std::string>& matches)
{
    auto text = minimal;
    for (const auto& match : matches)
        text += "[[destination]]\nmatch = \"" + match + "\"\n";
    return loaded(text);
}

std::string nearest_to(const Config& config, std::string_view key)
{
    const auto* found = destination_for(config, key);
    return found ? found->match : "none";
}

TEST(Destinations, GoByTheNearestMatch)
{
    const auto config = with_destinations(
        {"*", ".org", "example.org", ".example.org", ".lab.example.org", "[192.0.2.1]"});
    EXPECT_EQ(nearest_to(config, "example.org"), "example.org");
    EXPECT_EQ(nearest_to(config, "www.example.org"), ".example.org");
    EXPECT_EQ(nearest_to(config, "lab.example.org"), ".example.org");
    EXPECT_EQ(nearest_to(config, "a.b.lab.example.org"), ".lab.example.org");
    EXPECT_EQ(nearest_to(config, "anexample.org"), ".org");
    EXPECT_EQ(nearest_to(config, "org"), "*");
    EXPECT_EQ(nearest_to(config, "[192.0.2.1]"), "[192.0.2.1]");
    EXPECT_EQ(nearest_to(config, "[192.0.2.2]"), "*");
    EXPECT_EQ(nearest_to(config, "[www.example.org]"), "*"); // Not a domain but a host.
    EXPECT_EQ(nearest_to(with_destinations({".example.org"}), "example.org"), "none");
    EXPECT_EQ(nearest_to(with_destinations({}), "example.org"), "none");
}

TEST(Destinations, AreFoundInWhateverOrderTheyStand)
{
    for (const auto& matches : {std::vector<std::string>{"example.org", ".org", "*"},
                                std::vector<std::string>{"*", ".org", "example.org"}}) {
        EXPECT_EQ(nearest_to(with_destinations(matches), "example.org"), "example.org");
        EXPECT_EQ(nearest_to(with_destinations(matches), "example.net"), "*");
    }
}

TEST(Destinations, LookAtAPortOnlyWhereTheMatchHasOne)
{
    const auto config =
        with_destinations({"[relay.example]", "[relay.example]:587", "[2001:db8::1]"});
    EXPECT_EQ(nearest_to(config, "[relay.example]:587"), "[relay.example]:587");
    EXPECT_EQ(nearest_to(config, "[relay.example]:25"), "[relay.example]");
    EXPECT_EQ(nearest_to(config, "[relay.example]"), "[relay.example]");
    EXPECT_EQ(nearest_to(config, "relay.example"), "none"); // By its MX hosts: another thing.
    EXPECT_EQ(nearest_to(config, "[2001:db8::1]:25"), "[2001:db8::1]");
}

TEST(Destinations, KnowAnAddressLiteralAndLettersOfAnyCase)
{
    const auto config = with_destinations({"[2001:db8::1]", "Example.ORG"});
    EXPECT_EQ(nearest_to(config, "[IPv6:2001:DB8::1]"), "[2001:db8::1]");
    EXPECT_EQ(nearest_to(config, "EXAMPLE.org."), "example.org");
    EXPECT_EQ(nearest_to(with_destinations({"[2001:DB8:0::1]:26"}), "[2001:db8::1]:26"),
              "[2001:db8::1]:26");
}

TEST(DestinationTerms, AreThoseForAllUnlessSaid)
{
    const auto config = loaded(minimal + R"([queue]
lifetime = "2d"
[outbound]
port = 2525
source_ipv4 = "192.0.2.1"
[[destination]]
match = "example.org"
concurrency = 1
source_ipv6 = "2001:db8::1"
)");
    const auto terms = terms_for(config, "example.org");
    EXPECT_EQ(terms.lifetime, 48h);
    EXPECT_EQ(terms.port, 2525);
    EXPECT_EQ(terms.source_ipv4, "192.0.2.1");
    EXPECT_EQ(terms.source_ipv6, "2001:db8::1");
    EXPECT_EQ(terms.concurrency, 1u);
    EXPECT_EQ(terms.letters_per_minute, 0u);
    EXPECT_EQ(terms.retry_first, 5min);
    EXPECT_EQ(terms.recipients, 50u);
    EXPECT_EQ(terms_for(config, "example.net").concurrency, 20u);
    EXPECT_EQ(terms_for(Config{.hostname = domain("mx.example.org")}, "example.org"),
              terms_for(with_destinations({"*"}), "example.org"));
}

TEST(DestinationTerms, TakeAllThatADestinationSays)
{
    const auto config = loaded(minimal + R"([[destination]]
match = "*"
tls = "fingerprint"
fingerprints = "C0:FF:EE:00:C0:FF:EE:00:C0:FF:EE:00:C0:FF:EE:00:C0:FF:EE:00:C0:FF:EE:00:C0:FF:EE:00:C0:FF:EE:00"
port = 26
concurrency = 2
letters_per_minute = 3
retry_first = "1m"
retry_factor = 4
retry_maximum = "5m"
lifetime = "6h"
warn_after = "7m"
recipients = 8
login = { user = "u", password_file = "/p" }
)");
    const std::string digits = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";
    EXPECT_EQ(terms_for(config, "[192.0.2.1]"), (DestinationTerms{.tls = OutboundTls::fingerprint,
                                                                  .fingerprints = {digits},
                                                                  .source_ipv4 = {},
                                                                  .source_ipv6 = {},
                                                                  .port = 26,
                                                                  .login = Login{"u", "/p"},
                                                                  .recipients = 8,
                                                                  .concurrency = 2,
                                                                  .letters_per_minute = 3,
                                                                  .retry_first = 1min,
                                                                  .retry_maximum = 5min,
                                                                  .retry_factor = 4,
                                                                  .lifetime = 6h,
                                                                  .warn_after = 7min}));
    EXPECT_EQ(terms_for(config, "[192.0.2.1]:587").port, 587); // The next hop's own.
}

TEST(DestinationTerms, LogInAtSmartHostsOnly)
{
    const auto config = loaded(minimal + R"([outbound]
smart_host = ["[Relay.example]:587", "other.example"]
smart_host_login = { user = "u", password_file = "/p" }
[[destination]]
match = "other.example"
login = { user = "o", password_file = "/o" }
)");
    EXPECT_EQ(terms_for(config, "[relay.example]:587").login->user, "u");
    EXPECT_EQ(terms_for(config, "other.example").login->user, "o");
    EXPECT_FALSE(terms_for(config, "[relay.example]").login);
    EXPECT_FALSE(terms_for(config, "example.org").login);
}

TEST(DestinationTerms, KeepMailForBackupDomainsLonger)
{
    const auto config = loaded(minimal + R"([queue]
retry_first = "1h"
[backup_mx]
domains = ["example.net", "example.com"]
[[destination]]
match = "example.com"
lifetime = "1d"
)");
    EXPECT_EQ(terms_for(config, "example.net").lifetime, 14 * 24h);
    EXPECT_EQ(terms_for(config, "example.net").retry_maximum, 15min);
    EXPECT_EQ(terms_for(config, "example.net").retry_first,
              15min); // Never beyond the longest wait.
    EXPECT_EQ(terms_for(config, "example.com").lifetime, 24h);
    EXPECT_EQ(terms_for(config, "example.edu").lifetime, 5 * 24h);
}

} // namespace
} // namespace posthouse::config
