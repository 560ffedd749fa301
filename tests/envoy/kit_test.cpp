// SPDX-License-Identifier: Apache-2.0
#include "envoy/kit.hpp"

#include <gtest/gtest.h>

namespace posthouse::envoy {
namespace {

using config::LoginSource;
using process::Reach;

process::Settings settings_with(const LoginSource& source)
{
    process::Settings settings{.config = {.hostname = *mail::Domain::parse("mx.example.org")},
                               .dns_servers = {}};
    settings.config.logins.sources = {source};
    return settings;
}

bool has(const auto& list, const auto& one)
{
    return std::ranges::find(list, one) != list.end();
}

TEST(Kit, FindsTheSourceOfAProcess)
{
    const auto settings = settings_with({.name = "staff"});
    EXPECT_EQ(source_of("envoy/staff", settings.config)->name, "staff");
    EXPECT_EQ(source_of("envoy/other", settings.config), nullptr);
    EXPECT_EQ(source_of("clerk", settings.config), nullptr);
}

TEST(Kit, ReachesWhatItsSourceNamesAndNoMore)
{
    LoginSource ldap{.name = "l", .kind = LoginSource::Kind::ldap};
    ldap.url = "ldap://one.example ldaps://two.example:3636";
    ldap.ca_file = "/own.pem";
    auto kit = make_kit(ldap, settings_with(ldap));
    ASSERT_TRUE(kit.has_value());
    EXPECT_EQ(kit->connect_ports, (std::vector<std::uint16_t>{389, 3636, 53}));
    EXPECT_EQ(kit->reach, Reach::listed_ports);
    EXPECT_TRUE(has(kit->readable_files, "/own.pem"));
    EXPECT_EQ(kit->workers.size(), 4u);
    EXPECT_EQ(kit->limits.cache, ldap.cache);

    LoginSource sql{.name = "s", .kind = LoginSource::Kind::postgresql};
    sql.login_query = "SELECT %u";
    sql.connection.host = "/run/postgresql";
    kit = make_kit(sql, settings_with(sql));
    EXPECT_TRUE(kit->connect_ports.empty());
    EXPECT_TRUE(kit->readable_files.empty());
    EXPECT_EQ(kit->reach, Reach::unix_sockets);
    sql.kind = LoginSource::Kind::mariadb;
    sql.connection.host = "db.example.org";
    kit = make_kit(sql, settings_with(sql));
    EXPECT_EQ(kit->connect_ports, (std::vector<std::uint16_t>{3306, 53}));

    LoginSource file{.name = "f", .kind = LoginSource::Kind::passwd_file};
    kit = make_kit(file, settings_with(file));
    EXPECT_EQ(kit->reach, Reach::nowhere);
    EXPECT_TRUE(kit->connect_ports.empty());
    EXPECT_EQ(kit->limits.cache, Duration::zero());
}

TEST(Kit, IsNotMadeOfTermsThatCannotBe)
{
    LoginSource ldap{.name = "l", .kind = LoginSource::Kind::ldap};
    ldap.url = "http://one.example";
    EXPECT_FALSE(make_kit(ldap, settings_with(ldap)).has_value());
    LoginSource sql{.name = "s", .kind = LoginSource::Kind::mariadb};
    sql.login_query = "SELECT \"%u\"";
    EXPECT_FALSE(make_kit(sql, settings_with(sql)).has_value());
    LoginSource pam{.name = "p", .kind = LoginSource::Kind::pam};
    EXPECT_FALSE(make_kit(pam, settings_with(pam)).has_value());
}

TEST(Kit, PutsAPasswdFileWhereItsBackendsSeeIt)
{
    LoginSource file{.name = "f", .kind = LoginSource::Kind::passwd_file};
    const auto kit = make_kit(file, settings_with(file));
    sources::Question question;
    question.set_address("alice@example.org");
    question.set_check(true);
    for (const char* password : {"one", "two"}) {
        put_passwd_file(*kit, file, std::string("alice:{PLAIN}") + password + "\n");
        question.set_password(password);
        for (const auto& worker : kit->workers)
            EXPECT_EQ(worker->answer(question).what(), sources::Reply::RIGHT);
    }
}

TEST(Kit, ReachesTheIssuerAndNoMore)
{
    auto settings = settings_with({.name = "staff"});
    auto& oauth = settings.config.logins.oauth;
    oauth.introspection_url = "https://id.example.org:8443/introspect";
    oauth.ca_file = "/own.pem";
    const auto kit = make_issuer_kit(settings);
    ASSERT_TRUE(kit.has_value());
    EXPECT_EQ(kit->connect_ports, (std::vector<std::uint16_t>{8443, 53}));
    EXPECT_TRUE(has(kit->readable_files, "/own.pem"));
    EXPECT_EQ(kit->reach, Reach::listed_ports);
    for (const char* url : {"http://id.example.org/", "id.example.org", "https://", "ftp://a/",
                            "https://me:secret@id.example.org/", "https://id.example.org/#x"}) {
        oauth.introspection_url = url;
        EXPECT_FALSE(make_issuer_kit(settings).has_value()) << url;
    }
}

TEST(Kit, TakesNoKeytabThatIsNone)
{
    auto settings = settings_with({.name = "staff"});
    for (const char* text : {"", "\x05\x02", "this is no keytab"}) {
        settings.keytab = Secret(text);
        EXPECT_FALSE(make_kerberos_kit(settings).has_value()) << text;
    }
}

} // namespace
} // namespace posthouse::envoy
