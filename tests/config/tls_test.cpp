// SPDX-License-Identifier: Apache-2.0
#include "tests/config/texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string with_tls = minimal + "[tls]\ncertificate = \"/c\"\nkey = \"/k\"\n";

std::string site(const std::string& names)
{
    return "[[tls.site]]\nnames = " + names + "\ncertificate = \"/sc\"\nkey = \"/sk\"\n";
}

TEST(TlsConfig, TakesACertificateForEachName)
{
    const auto config = loaded(with_tls +
                               "ocsp_response = \"/o\"\nclient_authorities = \"/a\"\n"
                               "ticket_rotation = \"2h\"\n" +
                               site("[\"Mail.Example.ORG\", \"*.example.net\"]") +
                               "ocsp_response = \"/so\"\n" + site("\"b.example\""));
    EXPECT_EQ(config.tls.ocsp_response, "/o");
    EXPECT_EQ(config.tls.client_authorities, "/a");
    EXPECT_EQ(config.tls.ticket_rotation, std::chrono::hours(2));
    EXPECT_THAT(config.tls.sites,
                ElementsAre(TlsSite{{"mail.example.org", "*.example.net"}, "/sc", "/sk", "/so"},
                            TlsSite{{"b.example"}, "/sc", "/sk", ""}));
}

TEST(TlsConfig, RefusesNamesThatNoCertificateCanHave)
{
    for (const std::string wrong : {"\"*\"", "\"a.*.example\"", "\"*a.example\"", "\"[192.0.2.1]\"",
                                    "\"two words\"", "\"\"", "3"})
        EXPECT_THAT(only_problem(with_tls + site(wrong)), HasSubstr("tls.site[0].names")) << wrong;
    EXPECT_THAT(only_problem(with_tls + site("[]")), HasSubstr("names are none"));
}

TEST(TlsConfig, GivesEachNameOneCertificate)
{
    EXPECT_THAT(only_problem(with_tls + site("\"a.example\"") + site("\"A.example\"")),
                HasSubstr("tls.site[1].names a.example has another certificate already"));
}

TEST(TlsConfig, AsksForACertificateForThoseThatAskForNoName)
{
    EXPECT_THAT(only_problem(minimal + site("\"a.example\"")),
                HasSubstr("tls.site needs a certificate"));
    EXPECT_THAT(only_problem(minimal + "[tls]\nclient_authorities = \"/a\"\n"),
                HasSubstr("tls.client_authorities needs a certificate"));
}

TEST(TlsConfig, BoundsTheSites)
{
    std::string many;
    for (int i = 0; i < 1001; ++i)
        many += site("\"n" + std::to_string(i) + ".example\"");
    EXPECT_THAT(only_problem(with_tls + many), HasSubstr("tls.site are too many"));
}

TEST(TlsConfig, ServesPeopleBySubmissionAndImap)
{
    const auto config =
        loaded(with_tls + "[[listen]]\naddress = \"0.0.0.0:587\"\nprotocol = \"submission\"\n"
                          "[[listen]]\naddress = \"0.0.0.0:993\"\nprotocol = \"imap\"\n"
                          "tls = \"implicit\"\n");
    EXPECT_EQ(config.listen.at(0).protocol, Protocol::submission);
    EXPECT_EQ(config.listen.at(0).tls, ListenerTls::starttls);
    EXPECT_EQ(config.listen.at(1).protocol, Protocol::imap);
    for (const std::string protocol : {"submission", "imap"})
        EXPECT_THAT(only_problem(minimal + "[[listen]]\naddress = \"unix:/l\"\nprotocol = \"" +
                                 protocol + "\"\n"),
                    HasSubstr("is a Unix socket"));
}

} // namespace
} // namespace posthouse::config
