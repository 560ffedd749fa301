// SPDX-License-Identifier: Apache-2.0
#include "config/load.hpp"

#include "tests/config/texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace posthouse::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Config, NeedsNoMoreThanAHostname)
{
    const auto config = loaded(minimal);
    EXPECT_EQ(config.hostname.text(), "mx.example.org");
    EXPECT_EQ(config, (Config{.hostname = domain("mx.example.org")}));
    EXPECT_EQ(only_problem(""),
              "t.toml:1:1: hostname is missing; right would be: a domain name such as "
              "\"mx.example.org\"");
}

TEST(Config, ReadsEveryTable)
{
    const auto config = loaded(R"(
hostname = "MX.Example.org"
data_dir = "/srv/mail"
log_level = "debug"
[domains."example.org"]
catch_all = "rest@Example.net"
[domains."example.net"]
[tls]
certificate = "/etc/posthouse/cert.pem"
key = "/etc/posthouse/key.pem"
minimum = "1.3"
[[listen]]
address = "0.0.0.0:25"
protocol = "smtp"
[[listen]]
address = "[::]:995"
protocol = "pop3"
tls = "implicit"
[[listen]]
address = "127.0.0.1:110"
protocol = "pop3"
tls = "off"
plaintext_auth = true
[dns]
servers = ["127.0.0.1:5353", "::1", "192.0.2.53"]
timeout = "1500ms"
dnssec = false
[limits]
message_bytes = "32MiB"
recipients = 100
command_timeout = "90s"
[queue]
retry_first = "1m"
retry_factor = 3
lifetime = "2d"
[smtp]
bare_newline = "repair"
[outbound]
port = 2525
smart_host = "relay.example.com"
tls = "required"
source_ipv4 = "192.0.2.7"
hold = true
[process]
gate_threads = 4
[process.users]
gate = "mailgate"
)");
    EXPECT_EQ(config.hostname, domain("mx.example.org"));
    EXPECT_EQ(config.data_dir, "/srv/mail");
    EXPECT_EQ(config.log_level, log::Level::debug);
    ASSERT_EQ(config.domains.size(), 2u);
    EXPECT_EQ(config.domains.at(domain("example.org")).catch_all->text(), "rest@example.net");
    EXPECT_EQ(config.tls.minimum, TlsVersion::tls_1_3);
    EXPECT_THAT(config.listen,
                ElementsAre(Listener{.address = {"0.0.0.0", 25}, .tls = ListenerTls::starttls},
                            Listener{.address = {"::", 995},
                                     .protocol = Protocol::pop3,
                                     .tls = ListenerTls::implicit},
                            Listener{.address = {"127.0.0.1", 110},
                                     .protocol = Protocol::pop3,
                                     .plaintext_auth = true}));
    EXPECT_THAT(config.dns.servers, ElementsAre(Endpoint{"127.0.0.1", 5353}, Endpoint{"::1", 53},
                                                Endpoint{"192.0.2.53", 53}));
    EXPECT_EQ(config.dns.timeout, 1500ms);
    EXPECT_FALSE(config.dns.dnssec);
    EXPECT_EQ(config.limits.message_bytes, 32u << 20);
    EXPECT_EQ(config.limits.command_timeout, 90s);
    EXPECT_EQ(config.queue.retry_factor, 3.0);
    EXPECT_EQ(config.queue.lifetime, 48h);
    EXPECT_EQ(config.smtp.bare_newline, BareNewline::repair);
    EXPECT_THAT(config.outbound.smart_host,
                ElementsAre(NextHop{NextHop::Kind::domain, "relay.example.com", 0}));
    EXPECT_EQ(config.outbound.tls, OutboundTls::required);
    EXPECT_TRUE(config.outbound.hold);
    EXPECT_EQ(config.process.gate_threads, 4u);
    EXPECT_EQ(config.process.users.gate, "mailgate");
    EXPECT_EQ(config.process.users.keeper, "posthouse");
}

TEST(Config, NamesFileLineKeyFaultAndRemedy)
{
    EXPECT_EQ(only_problem(minimal + "[limits]\nrecipients = 5\n"),
              "t.toml:3:14: limits.recipients 5 will not do; right would be: a whole number from "
              "100 to 1500");
    const auto config = load_text(minimal + "[limits]\nrecipients = 5\n", "t.toml");
    EXPECT_EQ(config.error()[0].line, 3u);
    EXPECT_EQ(config.error()[0].key, "limits.recipients");
}

TEST(Config, FindsAllProblemsInOneGo)
{
    const auto found = problems("data_dir = \"here\"\n[limits]\nhops = 2\nerorrs = 3\n"
                                "[queue]\nlifetime = \"5 days\"\n[outbound]\nhold = \"yes\"\n");
    ASSERT_EQ(found.size(), 6u) << testing::PrintToString(found);
    EXPECT_THAT(found[0], HasSubstr("hostname is missing"));
    EXPECT_THAT(found[1], HasSubstr("t.toml:1:12: data_dir \"here\" will not do"));
    EXPECT_THAT(found[2], HasSubstr("t.toml:3:8: limits.hops 2"));
    EXPECT_THAT(found[3], HasSubstr("t.toml:4:1: limits.erorrs is not known"));
    EXPECT_THAT(found[4], HasSubstr("t.toml:6:12: queue.lifetime \"5 days\""));
    EXPECT_THAT(found[5], HasSubstr("t.toml:8:8: outbound.hold \"yes\""));
}

TEST(Config, SuggestsTheNameThatWasMeant)
{
    EXPECT_THAT(only_problem(minimal + "hostnam = \"x\"\n"),
                HasSubstr("did you mean \"hostname\"?"));
    EXPECT_THAT(only_problem(minimal + "[limit]\nhops = 50\n"),
                HasSubstr("did you mean \"limits\"?"));
    EXPECT_THAT(only_problem(minimal + "[limits]\nMessage-Bytes = 1\n"),
                HasSubstr("did you mean \"message_bytes\"?"));
    EXPECT_THAT(only_problem(minimal + "recipients = 100\n"),
                HasSubstr("there is limits.recipients"));
    EXPECT_THAT(only_problem(minimal + "[smtp]\nsomething_else = 100\n"),
                HasSubstr("one of: bare_newline, trusted_networks, relay_domains"));
    EXPECT_THAT(only_problem(minimal + "[domains.\"example.org\"]\ncatchall = \"a@example.org\"\n"),
                HasSubstr("domains.\"example.org\".catchall is not known; right would be: did you "
                          "mean \"catch_all\"?"));
    EXPECT_THAT(only_problem(minimal + "[[listen]]\naddress = \"0.0.0.0:25\"\nprotocol = \"smtp\"\n"
                                       "plaintext = true\n"),
                HasSubstr("t.toml:5:1: listen[0].plaintext is not known"));
}

TEST(Config, NeverTakesATablesPatternForAName)
{
    EXPECT_THAT(only_problem(minimal + "\"listen[]\" = 1\n"), HasSubstr("is not known"));
    EXPECT_THAT(only_problem(minimal + "\"limits.hops\" = 20\n"), HasSubstr("is not known"));
    EXPECT_THAT(only_problem(minimal + "\"domains.*\" = 1\n"), HasSubstr("is not known"));
}

TEST(Config, RefusesTablesAndValuesInEachOthersPlace)
{
    EXPECT_THAT(only_problem(minimal + "limits = 3\n"), HasSubstr("limits is not a table"));
    EXPECT_THAT(only_problem(minimal + "listen = 3\n"),
                HasSubstr("listen is not a list of tables"));
    EXPECT_THAT(only_problem(minimal + "listen = [3]\n"),
                HasSubstr("listen is not a list of tables"));
    EXPECT_THAT(only_problem(minimal + "[domains]\n\"example.org\" = true\n"),
                HasSubstr("domains.\"example.org\" is not a table"));
    EXPECT_THAT(only_problem(minimal + "[queue.lifetime]\nx = 1\n"),
                HasSubstr("queue.lifetime a table will not do"));
}

TEST(Config, ReportsASyntaxErrorWithItsPlace)
{
    const auto found = load_text("hostname = \"a.example\"\ndata_dir = /srv\n", "t.toml");
    ASSERT_FALSE(found);
    ASSERT_EQ(found.error().size(), 1u);
    EXPECT_EQ(found.error()[0].line, 2u);
    EXPECT_THAT(only_problem(minimal + minimal), HasSubstr("t.toml:2:"));
}

TEST(Config, KeepsCertificateAndKeyTogether)
{
    EXPECT_THAT(only_problem(minimal + "[tls]\ncertificate = \"/c.pem\"\n"),
                HasSubstr("tls.key is missing"));
    EXPECT_THAT(only_problem(minimal + "[tls]\nkey = \"/k.pem\"\n"),
                HasSubstr("tls.certificate is missing"));
}

const std::string smtp25 = "[[listen]]\naddress = \"0.0.0.0:25\"\nprotocol = \"smtp\"\n";

TEST(Config, ChecksListeners)
{
    EXPECT_EQ(loaded(minimal + smtp25).listen[0].tls, ListenerTls::off);
    EXPECT_THAT(only_problem(minimal + smtp25 + smtp25), HasSubstr("0.0.0.0:25 is there twice"));
    EXPECT_THAT(only_problem(minimal + smtp25 + "tls = \"implicit\"\n"),
                HasSubstr("needs a certificate"));
    EXPECT_THAT(only_problem(minimal + smtp25 + "plaintext_auth = true\n"),
                HasSubstr("is for POP3, IMAP and submission only"));
    EXPECT_THAT(only_problem(minimal + "[[listen]]\nprotocol = \"smtp\"\n"),
                HasSubstr("listen[0].address is missing"));
    EXPECT_THAT(only_problem(minimal + "[[listen]]\naddress = \"0.0.0.0:25\"\n"),
                HasSubstr("listen[0].protocol is missing"));
    for (const std::string wrong : {"25", "localhost:25", "0.0.0.0", "0.0.0.0:0", "0.0.0.0:65536",
                                    "::1:25", "[::1]", "[127.0.0.1]:25", "0.0.0.0:25x", ":25"})
        EXPECT_THAT(only_problem(minimal + "[[listen]]\naddress = \"" + wrong +
                                 "\"\nprotocol = \"smtp\"\n"),
                    HasSubstr("listen[0].address"))
            << wrong;
}

TEST(Config, ChecksDomains)
{
    EXPECT_THAT(only_problem(minimal + "[domains.\"example.org\"]\n[domains.\"Example.ORG\"]\n"),
                HasSubstr("is there twice"));
    EXPECT_THAT(only_problem(minimal + "[domains.\"not a domain\"]\n"),
                HasSubstr("is not a domain name"));
    EXPECT_THAT(only_problem(minimal + "[domains.\"[192.0.2.1]\"]\n"),
                HasSubstr("is not a domain name"));
    EXPECT_THAT(
        only_problem(minimal + "[domains.\"example.org\"]\ncatch_all = \"a@example.com\"\n"),
        HasSubstr("example.com is not ours"));
    EXPECT_THAT(only_problem(minimal + "[domains.\"example.org\"]\ncatch_all = \"nobody\"\n"),
                HasSubstr("catch_all \"nobody\" will not do"));
}

TEST(Config, ChecksRelationsBetweenNumbers)
{
    EXPECT_THAT(only_problem(minimal + "[queue]\nretry_first = \"5h\"\n"),
                HasSubstr("queue.retry_first is more than retry_maximum, which is 4h"));
    EXPECT_THAT(only_problem(minimal + "[queue]\nconcurrency = 10\n"),
                HasSubstr("queue.concurrency_per_site is more than queue.concurrency"));
    EXPECT_THAT(only_problem(minimal + "[limits]\nmessage_bytes = \"64KiB\"\n"),
                HasSubstr("limits.header_bytes is more than limits.message_bytes"));
}

TEST(Config, RefusesWhatWouldCutAPathShort)
{
    EXPECT_THAT(only_problem(minimal + "data_dir = \"/srv\\u0000/mail\"\n"), HasSubstr("data_dir"));
    EXPECT_THAT(only_problem(minimal + "data_dir = \"\"\n"), HasSubstr("data_dir"));
    EXPECT_THAT(only_problem(minimal + "[process.users]\ngate = \"a b\"\n"),
                HasSubstr("users.gate"));
}

TEST(Config, MakesHostileValuesPrintable)
{
    EXPECT_THAT(only_problem(minimal + "log_level = \"\\u001b[2J\\n\"\n"), HasSubstr("\"?[2J?\""));
    EXPECT_THAT(only_problem(minimal + "\"\\u001b[2J\" = 1\n"), HasSubstr("\"?[2J\" is not known"));
}

TEST(ConfigFile, IsReadAndNamedInProblems)
{
    const auto path = std::filesystem::path(testing::TempDir()) / "posthouse-config-test.toml";
    std::ofstream(path) << minimal << "[limits]\nhops = 1\n";
    const auto config = load_file(path);
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error()[0].file, path.string());
    EXPECT_EQ(config.error()[0].line, 3u);

    std::ofstream(path) << minimal;
    EXPECT_TRUE(load_file(path));
    std::filesystem::remove(path);
    EXPECT_THAT(load_file(path).error()[0].text(), HasSubstr("cannot be opened"));
    EXPECT_THAT(load_file("/").error()[0].text(), HasSubstr("cannot be read"));
}

TEST(ConfigFile, IsRefusedBeyondOneMebibyte)
{
    const auto path = std::filesystem::path(testing::TempDir()) / "posthouse-config-long.toml";
    std::ofstream(path) << minimal << std::string(1 << 20, '#');
    const auto config = load_file(path);
    std::filesystem::remove(path);
    ASSERT_FALSE(config);
    EXPECT_THAT(config.error()[0].text(), HasSubstr("is too long"));
}

} // namespace
} // namespace posthouse::config
