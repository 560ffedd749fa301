// SPDX-License-Identifier: Apache-2.0
#include "tests/routing/house.hpp"

#include <gmock/gmock.h>

namespace posthouse::routing {
namespace {

using house::House;
using tables::Table;
using testing::HasSubstr;

TEST(VirtualUser, IsLookedUpFromTheWholeAddressToTheDomain)
{
    House house;
    house.table(Table::virtusers, "joe+spam@example.org  one@else.example\n"
                                  "joe+*@example.org     two@else.example\n"
                                  "joe@example.org       three@else.example\n"
                                  "@example.org          four@else.example\n");
    EXPECT_EQ(house.goes("Joe+spam@example.org"), "smtp:else.example one@else.example");
    EXPECT_EQ(house.goes("joe+x@example.org"), "smtp:else.example two@else.example");
    EXPECT_EQ(house.goes("joe@example.org"), "smtp:else.example three@else.example");
    EXPECT_EQ(house.goes("jim+x@example.org"), "smtp:else.example four@else.example");
    EXPECT_EQ(house.route({"joe@example.org"}).deliveries[0].rule, "virtusertable:3, remote");
}

TEST(VirtualUser, FillsInWhatItWasCalled)
{
    House house;
    house.table(Table::virtusers, "@example.org  %1@else.example\n"
                                  "@unix.example  %1.%2%3@else.example\n");
    EXPECT_EQ(house.goes("Joe@example.org"), "smtp:else.example Joe@else.example");
    EXPECT_EQ(house.goes("joe+x@example.org"), "smtp:else.example joe@else.example");
    EXPECT_EQ(house.goes("joe+x@unix.example"), "smtp:else.example joe.x+x@else.example");
    EXPECT_EQ(house.goes("joe@unix.example"), "smtp:else.example \"joe.\"@else.example");
}

TEST(VirtualUser, LeadsWhereTheTableSaysHoweverItsLocalPartIsWritten)
{
    House house;
    house.table(Table::virtusers, "@example.org   %1\n"
                                  "@unix.example  %1@else.example\n"
                                  "@all.example   x%1\n");
    EXPECT_EQ(house.goes("\"a@evil.example\"@example.org"), "refused 5.1.1 No such mailbox here");
    EXPECT_EQ(house.goes("\"a@evil.example\"@all.example"), "refused 5.1.1 No such mailbox here");
    EXPECT_EQ(house.goes("\"a@evil.example\"@unix.example"),
              "smtp:else.example \"a@evil.example\"@else.example");
    EXPECT_EQ(house.goes("\"a b\"@unix.example"), "smtp:else.example \"a b\"@else.example");
    EXPECT_EQ(house.goes("\"\\\\a\"@example.org"), "refused 5.1.1 No such mailbox here");
    EXPECT_EQ(house.goes("\"|/bin/sh\"@example.org"), "refused 5.1.1 No such mailbox here");
}

TEST(VirtualUser, WithANameThatIsTooLongIsRefusedAsWhatItWasCalled)
{
    House house;
    house.table(Table::virtusers, "@example.org   " + std::string(40, 'n') + "%1%1\n");
    const auto recipient = std::string(40, 'x') + "@example.org";
    const auto outcome = house.route({recipient});
    ASSERT_EQ(outcome.deliveries.size(), 1u);
    EXPECT_EQ(outcome.deliveries[0].status, "5.1.1");
    EXPECT_EQ(outcome.deliveries[0].final_address, recipient);
}

TEST(VirtualUser, MayRefuse)
{
    House house;
    house.table(Table::virtusers, "gone@example.org  error:5.7.0:550 Gone away\n"
                                  "no@example.org    error:nouser 550 Never heard of\n"
                                  "@unix.example     error:nouser No such user\n");
    EXPECT_EQ(house.goes("gone@example.org"), "refused 5.7.0 Gone away");
    EXPECT_EQ(house.goes("no@example.org"), "refused 5.1.1 Never heard of");
    EXPECT_EQ(house.goes("x@unix.example"), "refused 5.1.1 No such user");
    house.people.account("postmaster@unix.example");
    EXPECT_EQ(house.goes("postmaster@unix.example"), "mailbox: postmaster@unix.example");
}

TEST(VirtualUser, MayBeExceptedFromItsDomain)
{
    House house;
    house.people.account("alice@example.org").account("bob@example.org");
    house.table(Table::virtusers, "alice@example.org  !\n"
                                  "bob@example.org    bob@example.org\n"
                                  "@example.org       rest@else.example\n");
    EXPECT_EQ(house.goes("alice@example.org"), "mailbox: alice@example.org");
    EXPECT_EQ(house.goes("bob@example.org"), "mailbox: bob@example.org");
    EXPECT_EQ(house.goes("eve@example.org"), "smtp:else.example rest@else.example");
}

TEST(VirtualUser, MayBeInADomainThatIsNotLocal)
{
    House house;
    house.people.account("alice@mx.example.net");
    house.table(Table::virtusers, "info@virtual.example  alice\n"
                                  "@all.example  alice\n");
    EXPECT_EQ(house.goes("info@virtual.example"), "mailbox: alice@mx.example.net");
    EXPECT_EQ(house.goes("any@all.example"), "mailbox: alice@mx.example.net");
    EXPECT_EQ(house.goes("other@virtual.example"), "smtp:virtual.example other@virtual.example");
    EXPECT_EQ(house.check("info@virtual.example").kind, Verdict::Kind::accept);
    EXPECT_EQ(house.check("other@virtual.example").text, "5.7.1 Relaying denied");
}

TEST(VirtualUser, LeadsOnToVirtualUsersUntilItIsEnough)
{
    House house;
    house.table(Table::virtusers, "a@example.org b@example.org\n"
                                  "b@example.org c@example.org\n"
                                  "c@example.org d@else.example\n"
                                  "x@example.org y@example.org\n"
                                  "y@example.org x@example.org\n");
    EXPECT_EQ(house.goes("a@example.org"), "smtp:else.example d@else.example");
    EXPECT_THAT(house.goes("x@example.org"), HasSubstr("refused 5.4.6"));
    house.rules.depth_limit = 2;
    EXPECT_THAT(house.goes("a@example.org"), HasSubstr("refused 5.4.6"));
}

} // namespace
} // namespace posthouse::routing
