// SPDX-License-Identifier: Apache-2.0
// [[listen]], [smtp], [domains]
#include "tests/config/texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string certificate = "[tls]\ncertificate = \"/c\"\nkey = \"/k\"\n";
const std::string lmtp_socket =
    "[[listen]]\naddress = \"unix:/run/posthouse/lmtp\"\nprotocol = \"lmtp\"\n";
const std::string lmtp_port = "[[listen]]\naddress = \"0.0.0.0:24\"\nprotocol = \"lmtp\"\n";

TEST(ListenerConfig, TakesUnixSockets)
{
    const auto config = loaded(minimal + certificate + lmtp_socket + R"(mode = "0600"
owner = "mail"
group = "mail"
[[listen]]
address = "unix:/run/posthouse/smtp"
protocol = "smtp"
)");
    EXPECT_THAT(config.listen, ElementsAre(Listener{.path = "/run/posthouse/lmtp",
                                                    .mode = 0600,
                                                    .owner = "mail",
                                                    .group = "mail",
                                                    .protocol = Protocol::lmtp},
                                           Listener{.path = "/run/posthouse/smtp"}));
    EXPECT_EQ(config.listen[0].text(), "unix:/run/posthouse/lmtp");
    EXPECT_EQ(config.listen[0].tls, ListenerTls::off); // Though there is a certificate.
}

TEST(ListenerConfig, TakesLmtpOnAnyPortButSmtps)
{
    const auto config = loaded(minimal + certificate + lmtp_port);
    EXPECT_EQ(config.listen[0].protocol, Protocol::lmtp);
    EXPECT_EQ(config.listen[0].tls, ListenerTls::starttls);
    EXPECT_EQ(config.listen[0].text(), "0.0.0.0:24");
    EXPECT_THAT(
        only_problem(minimal + "[[listen]]\naddress = \"0.0.0.0:25\"\nprotocol = \"lmtp\"\n"),
        HasSubstr("t.toml:3:1: listen[0].address is SMTP's port"));
}

TEST(ListenerConfig, KeepsWhatIsForSocketsWithSockets)
{
    for (const std::string line : {"mode = \"0600\"", "owner = \"mail\"", "group = \"mail\""})
        EXPECT_THAT(only_problem(minimal + lmtp_port + line + "\n"),
                    HasSubstr("is for Unix sockets only"));
    EXPECT_THAT(only_problem(minimal + lmtp_socket + "proxy_from = [\"192.0.2.1\"]\n"),
                HasSubstr("listen[0].proxy_from is not for Unix sockets"));
    EXPECT_THAT(only_problem(minimal + certificate + lmtp_socket + "tls = \"implicit\"\n"),
                HasSubstr("listen[0].tls is not for Unix sockets"));
    EXPECT_THAT(only_problem(minimal + "[[listen]]\naddress = \"unix:/p\"\nprotocol = \"pop3\"\n"),
                HasSubstr("listen[0].address is a Unix socket"));
    EXPECT_THAT(only_problem(minimal + lmtp_socket + lmtp_socket),
                HasSubstr("unix:/run/posthouse/lmtp is there twice"));
    for (const std::string& wrong : {std::string("unix:"), std::string("unix:run/x"),
                                     std::string("/run/x"), "unix:/" + std::string(107, 's')})
        EXPECT_THAT(only_problem(minimal + "[[listen]]\naddress = \"" + wrong +
                                 "\"\nprotocol = \"lmtp\"\n"),
                    HasSubstr("listen[0].address"));
}

TEST(ListenerConfig, WritesPermissionsInOctalDigits)
{
    EXPECT_EQ(loaded(minimal + lmtp_socket + "mode = \"666\"\n").listen[0].mode, 0666u);
    for (const std::string wrong : {"660", "0o660", "\"0680\"", "\"66\"", "\"4755\"", "\"00660\""})
        EXPECT_THAT(only_problem(minimal + lmtp_socket + "mode = " + wrong + "\n"),
                    HasSubstr("right would be: three or four octal digits"))
            << wrong;
}

TEST(ListenerConfig, TakesProxyHeadersFromNetworks)
{
    EXPECT_THAT(loaded(minimal + lmtp_port + "proxy_from = [\"192.0.2.0/24\", \"::1\"]\n")
                    .listen[0]
                    .proxy_from,
                ElementsAre("192.0.2.0/24", "::1"));
    EXPECT_THAT(only_problem(minimal + lmtp_port + "proxy_from = [\"balancer\"]\n"),
                HasSubstr("listen[0].proxy_from"));
}

TEST(SmtpConfig, IsRead)
{
    EXPECT_EQ(loaded(minimal + R"([smtp]
bare_newline = "repair"
trusted_networks = ["192.0.2.0/24"]
relay_domains = ["example.net"]
client_names = false
ident = true
ident_timeout = "1s"
i_want_an_open_relay = true
etrn_networks = "198.51.100.7"
)")
                  .smtp,
              (Smtp{.client_names = false,
                    .ident = true,
                    .ident_timeout = 1s,
                    .i_want_an_open_relay = true,
                    .etrn_networks = {"198.51.100.7"},
                    .bare_newline = BareNewline::repair,
                    .trusted_networks = {"192.0.2.0/24"},
                    .relay_domains = {domain("example.net")}}));
}

TEST(SmtpConfig, IsNoOpenRelayByMistake)
{
    const auto trusting = [](const std::string& networks) {
        return minimal + "[smtp]\ntrusted_networks = " + networks + "\n";
    };
    for (const std::string everyone :
         {"\"0.0.0.0/0\"", "[\"127.0.0.1\", \"::/0\"]", "[\"0.0.0.0/1\", \"128.0.0.0/1\"]",
          "\"2000::/3\"", "\"192.0.2.1/0\"", "\"::ffff:0:0/96\""}) {
        EXPECT_THAT(only_problem(trusting(everyone)),
                    HasSubstr("t.toml:3:1: smtp.trusted_networks hold everyone"))
            << everyone;
        EXPECT_TRUE(
            loaded(trusting(everyone) + "i_want_an_open_relay = true\n").smtp.i_want_an_open_relay);
    }
    for (const std::string some : {"[]", "\"10.0.0.0/8\"", "[\"0.0.0.0/1\", \"128.0.0.0/2\"]",
                                   "[\"fe80::/10\", \"2001:db8::/32\"]", "\"0.0.0.0\"", "\"::\""})
        loaded(trusting(some));
}

TEST(DomainsConfig, MayBeOfThisHostsUsers)
{
    const auto config = loaded(minimal + "[domains.\"example.org\"]\nusers = \"system\"\n"
                                         "catch_all = \"root@example.org\"\n"
                                         "[domains.\"example.net\"]\n");
    EXPECT_EQ(config.domains.at(domain("example.org")).users, DomainUsers::system);
    EXPECT_EQ(config.domains.at(domain("example.net")).users, DomainUsers::accounts);
    EXPECT_THAT(only_problem(minimal + "[domains.\"example.org\"]\nusers = \"system\"\n"
                                       "catch_all = \"rest@example.com\"\n"),
                HasSubstr("domains.\"example.org\".catch_all example.com is not ours"));
    EXPECT_THAT(only_problem(minimal + "[domains.\"example.org\"]\nusers = \"ldap\"\n"),
                HasSubstr("right would be: \"accounts\" or \"system\""));
}

} // namespace
} // namespace posthouse::config
