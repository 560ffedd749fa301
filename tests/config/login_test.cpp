// SPDX-License-Identifier: Apache-2.0
#include "config/load.hpp"
#include "config/mechanisms.hpp"

#include <gtest/gtest.h>

namespace posthouse::config {
namespace {

Loaded loaded(const std::string& text)
{
    return load_text("hostname = \"mx.example.org\"\n" + text, "test");
}

std::string first_problem(const std::string& text)
{
    const auto config = loaded(text);
    return config ? "" : config.error().front().key;
}

TEST(LoginConfig, ReadsSourcesInTheirOrder)
{
    const auto config = loaded(R"(
[login]
default_domain = "example.org"
mechanisms = ["PLAIN"]
remember = "0s"
[[login.source]]
name = "own"
[[login.source]]
name = "company"
kind = "ldap"
url = "ldaps://directory.example.org"
base_dn = "dc=example,dc=org"
domains = ["example.org"]
[[login.source]]
name = "shop"
kind = "postgresql"
login_query = "SELECT hash FROM users WHERE address = %u"
connection = { dbname = "shop", host = "/run/postgresql" }
)");
    ASSERT_TRUE(config) << config.error().front().text();
    const auto& logins = config->logins;
    ASSERT_EQ(logins.sources.size(), 3u);
    EXPECT_EQ(logins.sources[0].kind, LoginSource::Kind::accounts);
    EXPECT_EQ(logins.sources[1].kind, LoginSource::Kind::ldap);
    EXPECT_EQ(logins.sources[1].domains.size(), 1u);
    EXPECT_EQ(logins.sources[2].connection.host, "/run/postgresql");
    EXPECT_EQ(logins.mechanisms, std::vector<std::string>{"PLAIN"});
    EXPECT_EQ(logins.remember, Span(0));
}

TEST(LoginConfig, RefusesWhatCannotWork)
{
    EXPECT_EQ(first_problem("[login]\nmechanisms = [\"CRAM-MD5\"]\n"), "login.mechanisms");
    EXPECT_EQ(first_problem("[[login.source]]\nkind = \"pam\"\n"), "login.source[0].name");
    EXPECT_EQ(first_problem("[[login.source]]\nname = \"a\"\nkind = \"passwd_file\"\n"),
              "login.source[0].path");
    EXPECT_EQ(first_problem("[[login.source]]\nname = \"a\"\nkind = \"ldap\"\n"
                            "url = \"http://x\"\nbase_dn = \"dc=x\"\n"),
              "login.source[0].url");
    EXPECT_EQ(first_problem("[[login.source]]\nname = \"a\"\nkind = \"mariadb\"\n"
                            "login_query = \"x\"\n"),
              "login.source[0].connection.dbname");
    EXPECT_EQ(first_problem("[[login.source]]\nname = \"a\"\n[[login.source]]\nname = \"a\"\n"),
              "login.source[1].name");
    EXPECT_EQ(first_problem("[login.oauth]\nissuer = \"https://x\"\nkeys_file = \"/k\"\n"),
              "login.oauth.audiences");
    EXPECT_EQ(first_problem("[login.oauth]\nissuer = \"https://x\"\nkeys_file = \"/k\"\n"
                            "audiences = []\n"),
              "login.oauth.audiences");
    EXPECT_EQ(first_problem("[login.oauth]\nissuer = \"https://x\"\naudiences = [\"mail\"]\n"),
              "login.oauth.keys_file");
}

using Names = std::vector<std::string>;

TEST(LoginMechanisms, AreOfferedWhereTheyShowNoPasswordToOthers)
{
    Logins logins;
    EXPECT_EQ(offered_mechanisms(logins, {}), (Names{"SCRAM-SHA-256", "SCRAM-SHA-1"}));
    EXPECT_EQ(offered_mechanisms(logins, {.clear = true}),
              (Names{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"}));
    EXPECT_EQ(offered_mechanisms(logins, {.tls = true}),
              (Names{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"}));
    logins.oauth.issuer = "https://id.example.org";
    EXPECT_EQ(offered_mechanisms(logins, {.tls = true, .binding = true, .certificate = true}),
              (Names{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1",
                     "PLAIN", "LOGIN", "EXTERNAL", "OAUTHBEARER", "XOAUTH2"}));
    EXPECT_EQ(offered_mechanisms(logins, {.clear = true}),
              (Names{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"}));
    logins.mechanisms = {"LOGIN"};
    EXPECT_EQ(offered_mechanisms(logins, {.tls = true}), Names{"LOGIN"});
    EXPECT_TRUE(needs_tls(logins, {}, "LOGIN"));
    EXPECT_FALSE(needs_tls(logins, {}, "PLAIN"));
    EXPECT_FALSE(needs_tls(logins, {.tls = true}, "LOGIN"));
}

} // namespace
} // namespace posthouse::config
