// SPDX-License-Identifier: Apache-2.0
#include "tests/routing/house.hpp"

#include <gmock/gmock.h>

namespace posthouse::routing {
namespace {

using house::House;
using tables::Table;
using testing::HasSubstr;

TEST(LocalUser, IsAnAccountOfItsDomain)
{
    House house;
    house.people.account("alice@example.org");
    const auto outcome = house.route({"Alice@EXAMPLE.org"});
    ASSERT_EQ(outcome.deliveries.size(), 1u);
    EXPECT_EQ(outcome.deliveries[0].destination, "mailbox:");
    EXPECT_EQ(outcome.deliveries[0].account, 101u);
    EXPECT_EQ(outcome.deliveries[0].final_address, "Alice@example.org");
    EXPECT_EQ(outcome.deliveries[0].rule, "account");
    EXPECT_EQ(house.goes("alice@unix.example"), "refused 5.1.1 No such mailbox here");
    EXPECT_EQ(house.goes("alice@mx.example.net"), "refused 5.1.1 No such mailbox here");
}

TEST(LocalUser, MayHaveADetailThatAnAccountsNameIsTriedWithFirst)
{
    House house;
    house.people.account("alice@example.org").account("alice+home@example.org");
    EXPECT_EQ(house.route({"alice+home@example.org"}).deliveries[0].account, 102u);
    EXPECT_EQ(house.route({"alice+work@example.org"}).deliveries[0].account, 101u);
    EXPECT_EQ(house.goes("alice-work@example.org"), "refused 5.1.1 No such mailbox here");
    house.rules.separators = "-+";
    EXPECT_EQ(house.route({"alice-work@example.org"}).deliveries[0].account, 101u);
    house.rules.separators = "";
    EXPECT_EQ(house.goes("alice+work@example.org"), "refused 5.1.1 No such mailbox here");
}

TEST(LocalUser, OfASystemDomainIsALoginWhomTheAgentServes)
{
    House house;
    house.people.login("bob").account("carol@unix.example").login("carol");
    EXPECT_EQ(house.goes("Bob+x@unix.example"), "agent: Bob+x@unix.example bob mailbox");
    EXPECT_EQ(house.goes("carol@unix.example"), "mailbox: carol@unix.example");
    EXPECT_EQ(house.goes("bob@example.org"), "refused 5.1.1 No such mailbox here");
    EXPECT_EQ(house.goes("\"../bob\"@unix.example"), "refused 5.1.1 No such mailbox here");
}

TEST(LocalUser, OfALocalHostIsTheHostnamesToo)
{
    House house;
    house.rules.domains[house::domain("mx.example.net")] = {.catch_all = {},
                                                            .users = Users::system};
    house.table(Table::local_hosts, "alias.example.net\n");
    house.people.login("bob").account("dora@mx.example.net");
    EXPECT_EQ(house.goes("bob@alias.example.net"), "agent: bob@alias.example.net bob mailbox");
    EXPECT_EQ(house.goes("dora@alias.example.net"), "mailbox: dora@mx.example.net");
    EXPECT_EQ(house.goes("dora@sub.alias.example.net"),
              "smtp:sub.alias.example.net dora@sub.alias.example.net");
}

TEST(LocalUser, OfLocalhostIsTheHostnames)
{
    House house;
    house.people.account("dora@mx.example.net");
    house.table(Table::virtusers, "joe@mx.example.net  dora\n");
    EXPECT_EQ(house.goes("dora@localhost"), "mailbox: dora@mx.example.net");
    EXPECT_EQ(house.goes("joe@localhost"), "mailbox: dora@mx.example.net");
    house.rules.hostname = house::domain("localhost");
    house.people.account("eve@localhost");
    EXPECT_EQ(house.goes("eve@localhost"), "mailbox: eve@localhost");
}

TEST(CatchAll, TakesWhatNobodyElseTakes)
{
    House house;
    house.rules.domains[house::domain("example.org")].catch_all =
        house::mailbox("rest@example.org");
    house.people.account("alice@example.org").account("rest@example.org");
    EXPECT_EQ(house.goes("nobody@example.org"), "mailbox: rest@example.org");
    EXPECT_EQ(house.goes("alice@example.org"), "mailbox: alice@example.org");
    EXPECT_EQ(house.route({"x@example.org"}).deliveries[0].rule, "catch_all, account");
}

TEST(CatchAll, ThatGoesRoundIsNobody)
{
    House house;
    house.rules.domains[house::domain("example.org")].catch_all =
        house::mailbox("rest@example.org");
    EXPECT_THAT(house.goes("nobody@example.org"), HasSubstr("refused 5.1.1"));
    house.rules.domains[house::domain("example.org")].catch_all = house::mailbox("a@unix.example");
    house.rules.domains[house::domain("unix.example")].catch_all = house::mailbox("b@example.org");
    EXPECT_THAT(house.goes("nobody@example.org"), HasSubstr("refused 5.4.6"));
}

TEST(Postmaster, IsReachedWhereverThereIsOne)
{
    House house;
    house.people.account("postmaster@mx.example.net");
    EXPECT_EQ(house.goes("postmaster"), "mailbox: postmaster@mx.example.net");
    EXPECT_EQ(house.goes("PostMaster@example.org"), "mailbox: postmaster@mx.example.net");
    house.people.account("postmaster@example.org");
    EXPECT_EQ(house.goes("PostMaster@example.org"), "mailbox: PostMaster@example.org");
    EXPECT_EQ(house.goes("abuse@example.org"), "mailbox: postmaster@example.org");
    EXPECT_EQ(house.goes("abuse@virtual.example"), "smtp:virtual.example abuse@virtual.example");
    EXPECT_EQ(house.goes("abuse@unix.example"), "mailbox: postmaster@mx.example.net");
    house.people.account("abuse@unix.example");
    EXPECT_EQ(house.goes("abuse@unix.example"), "mailbox: abuse@unix.example");
}

TEST(Postmaster, IsAnAliasOrRootWhereThereIsNoAccount)
{
    House house;
    house.people.login("root");
    EXPECT_EQ(house.goes("abuse@example.org"), "agent: postmaster@example.org root mailbox");
    house.table(Table::aliases, "postmaster: admin@elsewhere.example\n");
    EXPECT_EQ(house.goes("abuse@example.org"), "smtp:elsewhere.example admin@elsewhere.example");
    EXPECT_EQ(house.goes("postmaster"), "smtp:elsewhere.example admin@elsewhere.example");
}

TEST(Postmaster, IsRefusedOnlyWhereNobodyIsThere)
{
    House house;
    EXPECT_EQ(house.goes("postmaster@example.org"), "refused 5.1.1 No such mailbox here");
}

TEST(Postmaster, IsNotForTheCatchAllWhileThereIsAPostmaster)
{
    House house;
    house.rules.domains[house::domain("example.org")].catch_all =
        house::mailbox("rest@example.org");
    house.people.account("rest@example.org").account("postmaster@mx.example.net");
    EXPECT_EQ(house.goes("postmaster@example.org"), "mailbox: postmaster@mx.example.net");
}

} // namespace
} // namespace posthouse::routing
