// SPDX-License-Identifier: Apache-2.0
#include "sources/ldap/session.hpp"

#include "tests/sources/ldap/directory_answers.hpp"

#include <gtest/gtest.h>

namespace posthouse::sources::testing {
namespace {

using Kind = LdapTrouble::Kind;

LdapSession session_hearing(std::string_view answers)
{
    ::setenv("LDAPNOINIT", "1", 1);
    auto session = LdapSession::over(socket_with(answers), "ldap://directory.example");
    EXPECT_TRUE(session.has_value());
    return std::move(*session);
}

auto search(LdapSession& session, const std::string& filter = "(mail=a@example.org)")
{
    return session.search("dc=example", filter, {"mail", "userPassword"});
}

TEST(LdapSession, TakesABindForWhatTheDirectorySays)
{
    const Secret password("secret");
    EXPECT_EQ(session_hearing(bound(1, 0)).bind("cn=a", password), true);
    for (const int no : {49, 32, 48, 19, 53, 50})
        EXPECT_EQ(session_hearing(bound(1, no)).bind("cn=a", password), false) << no;
    EXPECT_EQ(session_hearing(bound(1, 51)).bind("cn=a", password).error().kind, Kind::busy);
    EXPECT_EQ(session_hearing(bound(1, 52)).bind("cn=a", password).error().kind, Kind::lost);
    EXPECT_EQ(session_hearing(bound(1, 8)).bind("cn=a", password).error().kind, Kind::refused);
    EXPECT_EQ(session_hearing("").bind("cn=a", password).error().kind, Kind::lost);
    EXPECT_EQ(session_hearing(bound(2, 0)).bind("cn=a", password).error().kind, Kind::lost);
    EXPECT_EQ(session_hearing(done(1, 0)).bind("cn=a", password).has_value(), false);
}

TEST(LdapSession, ReadsEntriesWithWhateverBytes)
{
    auto session = session_hearing(entry(1, "cn=Alice,dc=example",
                                         {{"Mail", {"a@example.org", "b@example.org"}},
                                          {"userPassword", {std::string("{SSHA}\0x", 8)}},
                                          {"userCertificate;binary", {"\x30\x82"}},
                                          {"empty", {}}}) +
                                   done(1));
    const auto entries = search(session);
    ASSERT_TRUE(entries.has_value());
    ASSERT_EQ(entries->size(), 1u);
    EXPECT_EQ(entries->front().dn, "cn=Alice,dc=example");
    EXPECT_EQ(entries->front().values.at("mail"),
              (std::vector<std::string>{"a@example.org", "b@example.org"}));
    EXPECT_EQ(entries->front().values.at("userpassword").front(), std::string("{SSHA}\0x", 8));
    EXPECT_EQ(entries->front().values.at("usercertificate").front(), "\x30\x82");
}

TEST(LdapSession, FollowsNoReferralAndTakesNoneForAnEntry)
{
    auto session = session_hearing(referral(1) + referral(1) + done(1) + done(2, 10));
    EXPECT_TRUE(search(session)->empty());
    EXPECT_TRUE(search(session)->empty());
}

TEST(LdapSession, FindsNobodyUnderABaseThatIsNotThere)
{
    auto session = session_hearing(done(1, 32));
    EXPECT_TRUE(search(session)->empty());
}

TEST(LdapSession, TellsThatThereAreTooManyWithoutTakingThem)
{
    std::string many;
    for (int i = 0; i < 10; ++i)
        many += entry(1, "cn=a", {});
    auto session = session_hearing(many + done(1, 4));
    EXPECT_EQ(search(session)->size(), static_cast<std::size_t>(LdapLimits::entries));
}

TEST(LdapSession, LeavesADirectoryThatAnswersWithoutEnd)
{
    std::string endless;
    for (int i = 0; i <= LdapLimits::messages; ++i)
        endless += entry(1, "cn=a", {});
    auto session = session_hearing(endless + done(1));
    EXPECT_EQ(search(session).error().kind, Kind::lost);
}

TEST(LdapSession, TakesNoValueBeyondItsSizeAndNoMoreThanItsNumber)
{
    std::vector<std::string> values(static_cast<std::size_t>(LdapLimits::values) + 50, "v");
    auto session =
        session_hearing(entry(1, "cn=a",
                              {{"big", {std::string(LdapLimits::value_bytes + 1, 'x'), "small"}},
                               {"many", values}}) +
                        done(1));
    const auto entries = search(session);
    ASSERT_TRUE(entries.has_value());
    EXPECT_EQ(entries->front().values.at("big"), std::vector<std::string>{"small"});
    EXPECT_EQ(entries->front().values.at("many").size(),
              static_cast<std::size_t>(LdapLimits::values));
}

TEST(LdapSession, LeavesADirectoryWhoseMessageIsBeyondTheirSize)
{
    auto session = session_hearing(
        entry(1, "cn=a", {{"big", {std::string(LdapLimits::message_bytes + 1, 'x')}}}) + done(1));
    EXPECT_EQ(search(session).error().kind, Kind::lost);
}

TEST(LdapSession, RefusesAFilterThatIsNone)
{
    auto session = session_hearing("");
    EXPECT_EQ(search(session, "(mail=a").error().kind, Kind::refused);
}

TEST(LdapServers, AreReadInTheirOrder)
{
    const auto servers =
        parse_ldap_servers("ldap://one.example ldaps://[2001:db8::1]:3636/, LDAPS://two.example");
    ASSERT_TRUE(servers.has_value());
    EXPECT_EQ(*servers, (std::vector<LdapServer>{{"one.example", 389, false},
                                                 {"2001:db8::1", 3636, true},
                                                 {"two.example", 636, true}}));
    EXPECT_EQ(servers->at(1).text(), "ldaps://[2001:db8::1]:3636");
    for (const char* wrong : {"", "one.example", "http://one.example", "ldap://", "ldap://:389",
                              "ldap://one:0", "ldap://one:65536", "ldap://one:x", "ldapi:///x",
                              "ldap://[::1", "ldap://one/dc=x", "ldap://user@one"})
        EXPECT_FALSE(parse_ldap_servers(wrong).has_value()) << wrong;
}

} // namespace
} // namespace posthouse::sources::testing
