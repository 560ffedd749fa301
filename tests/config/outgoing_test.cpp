// SPDX-License-Identifier: Apache-2.0
// [queue], [outbound], [[destination]], [backup_mx]
#include "tests/config/texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string fingerprint = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";

TEST(OutgoingConfig, IsRead)
{
    const auto config = loaded(minimal + R"(
[queue]
warn_after = "2h"
notification_lifetime = "1d"
[outbound]
smart_host = ["[relay.example.org]:587", "relay.example.net"]
fallback_relay = "[192.0.2.9]"
tls = "verified"
recipients = 100
[outbound.smart_host_login]
user = "us"
password_file = "/etc/posthouse/relay.password"
[[destination]]
match = ".Example.COM"
tls = "fingerprint"
fingerprints = [")" + fingerprint +
                               R"("]
source_ipv4 = "192.0.2.3"
source_ipv6 = "2001:db8::3"
port = 2525
concurrency = 2
letters_per_minute = 30
retry_first = "1m"
retry_factor = 1.5
retry_maximum = "1h"
lifetime = "1d"
warn_after = "0s"
recipients = 1
[destination.login]
user = "there"
password_file = "/p"
[[destination]]
match = "*"
[backup_mx]
domains = ["example.net", "Example.edu"]
verify = "list"
recipients = ["/etc/posthouse/backup"]
lifetime = "30d"
retry_maximum = "10m"
)");
    EXPECT_EQ(config.queue.warn_after, 2h);
    EXPECT_EQ(config.queue.notification_lifetime, 24h);
    EXPECT_THAT(config.outbound.smart_host,
                ElementsAre(NextHop{NextHop::Kind::host, "relay.example.org", 587},
                            NextHop{NextHop::Kind::domain, "relay.example.net", 0}));
    EXPECT_EQ(config.outbound.fallback_relay->text(), "[192.0.2.9]");
    EXPECT_EQ(config.outbound.tls, OutboundTls::verified);
    EXPECT_EQ(config.outbound.recipients, 100u);
    EXPECT_EQ(config.outbound.smart_host_login, (Login{"us", "/etc/posthouse/relay.password"}));
    ASSERT_EQ(config.destinations.size(), 2u);
    EXPECT_EQ(config.destinations[0], (Destination{.match = ".example.com",
                                                   .tls = OutboundTls::fingerprint,
                                                   .fingerprints = {fingerprint},
                                                   .source_ipv4 = "192.0.2.3",
                                                   .source_ipv6 = "2001:db8::3",
                                                   .port = 2525,
                                                   .concurrency = 2,
                                                   .letters_per_minute = 30,
                                                   .retry_first = 1min,
                                                   .retry_maximum = 1h,
                                                   .lifetime = 24h,
                                                   .warn_after = 0s,
                                                   .retry_factor = 1.5,
                                                   .login = Login{"there", "/p"},
                                                   .recipients = 1}));
    EXPECT_EQ(config.destinations[1].match, "*");
    EXPECT_THAT(config.backup_mx.domains,
                ElementsAre(domain("example.net"), domain("example.edu")));
    EXPECT_EQ(config.backup_mx.verify, BackupMx::Verify::list);
    EXPECT_THAT(config.backup_mx.recipients, ElementsAre("/etc/posthouse/backup"));
    EXPECT_EQ(config.backup_mx.lifetime, 720h);
    EXPECT_EQ(config.backup_mx.retry_maximum, 10min);
}

TEST(OutgoingConfig, TakesOneSmartHostWithoutAList)
{
    EXPECT_THAT(
        loaded(minimal + "[outbound]\nsmart_host = \"relay.example\"\n").outbound.smart_host,
        ElementsAre(NextHop{NextHop::Kind::domain, "relay.example", 0}));
    for (const std::string wrong : {"\"\"", "[\"relay.example\", 3]", "[\"192.0.2.1:25\"]", "25"})
        EXPECT_THAT(only_problem(minimal + "[outbound]\nsmart_host = " + wrong + "\n"),
                    HasSubstr("will not do; right would be: a list of hosts"));
}

TEST(OutgoingConfig, KeepsThePartsOfALoginTogether)
{
    const auto outbound = minimal + "[outbound]\nsmart_host = \"[relay.example]\"\n";
    EXPECT_THAT(only_problem(outbound + "smart_host_login.user = \"us\"\n"),
                HasSubstr("outbound.smart_host_login.password_file is missing"));
    EXPECT_THAT(only_problem(outbound + "smart_host_login.password_file = \"/p\"\n"),
                HasSubstr("outbound.smart_host_login.user is missing"));
    EXPECT_THAT(only_problem(minimal + "[[destination]]\nmatch = \"*\"\nlogin.user = \"us\"\n"),
                HasSubstr("t.toml:4:1: destination[0].login.password_file is missing"));
    EXPECT_THAT(only_problem(outbound + "smart_host_login.user = \"us\"\n"
                                        "smart_host_login.password_file = \"relative\"\n"),
                HasSubstr("smart_host_login.password_file \"relative\" will not do"));
    EXPECT_THAT(
        only_problem(outbound + "smart_host_login.password = \"x\"\n"
                                "smart_host_login.password_file = \"/p\"\n"
                                "smart_host_login.user = \"us\"\n"),
        HasSubstr(
            "smart_host_login.password is not known; right would be: one of: user, password_file"));
}

TEST(OutgoingConfig, LogsInAtASmartHostOnlyWhereThereIsOne)
{
    EXPECT_THAT(only_problem(minimal + "[outbound.smart_host_login]\nuser = \"us\"\n"
                                       "password_file = \"/p\"\n"),
                HasSubstr("outbound.smart_host_login needs a smart host"));
}

TEST(OutgoingConfig, ComparesFingerprintsOnlyWhereItIsAskedTo)
{
    const auto destination = minimal + "[[destination]]\nmatch = \"example.org\"\n";
    EXPECT_THAT(only_problem(destination + "tls = \"fingerprint\"\n"),
                HasSubstr("t.toml:4:1: destination[0].tls needs fingerprints"));
    EXPECT_THAT(only_problem(destination + "fingerprints = \"" + fingerprint + "\"\n"),
                HasSubstr("destination[0].fingerprints are compared with tls = \"fingerprint\""));
    EXPECT_THAT(only_problem(minimal + "[outbound]\ntls = \"fingerprint\"\n"),
                HasSubstr("outbound.tls \"fingerprint\" will not do"));
}

TEST(OutgoingConfig, ChecksDestinations)
{
    const auto destination = minimal + "[[destination]]\n";
    EXPECT_THAT(only_problem(destination + "port = 26\n"),
                HasSubstr("t.toml:2:1: destination[0].match is missing"));
    for (const std::string wrong :
         {"", ".", "a b", "192.0.2.1", "*.example.org", "[", "..", ".[::1]"})
        EXPECT_THAT(only_problem(destination + "match = \"" + wrong + "\"\n"),
                    HasSubstr("destination[0].match \"" + wrong + "\" will not do"));
    EXPECT_THAT(only_problem(destination + "match = \"example.org\"\n[[destination]]\n"
                                           "match = \"Example.org\"\n"),
                HasSubstr("t.toml:5:1: destination[1].match example.org is there twice"));
    EXPECT_THAT(only_problem(destination + "match = \"*\"\nconcurrency = 201\n"),
                HasSubstr("destination[0].concurrency is more than queue.concurrency"));
    EXPECT_THAT(only_problem(destination + "match = \"*\"\nretry_first = \"5h\"\n"),
                HasSubstr("destination[0].retry_first is more than retry_maximum, which is 4h"));
    EXPECT_THAT(only_problem(destination + "match = \"*\"\nretry_maximum = \"1m\"\n"),
                HasSubstr("destination[0].retry_maximum is less than retry_first, which is 5m"));
    EXPECT_THAT(
        only_problem(destination + "match = \"*\"\nlifetime = \"1h\"\nwarn_after = \"1h\"\n"),
        HasSubstr("destination[0].warn_after is no less than lifetime, which is 1h"));
}

TEST(OutgoingConfig, WarnsOnlyOfLettersThatLiveOn)
{
    EXPECT_THAT(only_problem(minimal + "[queue]\nlifetime = \"1d\"\nwarn_after = \"1d\"\n"),
                HasSubstr("queue.warn_after is no less than lifetime, which is 1d"));
    EXPECT_EQ(loaded(minimal + "[queue]\nwarn_after = \"0s\"\n").queue.warn_after, 0s);
    loaded(minimal + "[queue]\nlifetime = \"1h\"\n"); // The default is in nobody's way.
}

TEST(OutgoingConfig, ChecksBackupDomains)
{
    const auto backup = minimal + "[domains.\"example.org\"]\n[backup_mx]\n";
    EXPECT_THAT(only_problem(backup + "domains = [\"example.net\", \"example.org\"]\n"),
                HasSubstr("t.toml:4:1: backup_mx.domains example.org is ours"));
    EXPECT_THAT(only_problem(backup + "domains = \"mx.example.org\"\n"),
                HasSubstr("backup_mx.domains mx.example.org is ours"));
    EXPECT_THAT(only_problem(backup + "verify = \"list\"\n"),
                HasSubstr("backup_mx.verify needs recipients"));
    for (const std::string verify : {"none", "callout"})
        EXPECT_THAT(only_problem(backup + "verify = \"" + verify + "\"\nrecipients = \"/list\"\n"),
                    HasSubstr("backup_mx.recipients are gone by with verify = \"list\" only"));
    EXPECT_THAT(only_problem(backup + "verify = \"list\"\nrecipients = [\"list\"]\n"),
                HasSubstr("backup_mx.recipients a list will not do"));
    EXPECT_THAT(only_problem(backup + "retry_maximum = \"1m\"\n"),
                HasSubstr("backup_mx.retry_maximum is less than retry_first, which is 5m"));
}

} // namespace
} // namespace posthouse::config
