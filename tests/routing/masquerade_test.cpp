// SPDX-License-Identifier: Apache-2.0
#include "routing/rewrite_header.hpp"
#include "tests/routing/house.hpp"

#include <gmock/gmock.h>

namespace posthouse::routing {
namespace {

using house::House;
using tables::Table;

class Masquerading : public testing::Test {
protected:
    Masquerading()
    {
        house.rules.masquerade.as = house::domain("example.net");
        house.rules.masquerade.exposed_users = {"root"};
    }
    std::string sender(std::string_view address)
    {
        const auto seen = rewrite_sender(house::mailbox(address), house.rules, house.tables);
        return seen ? seen->text() : "unchanged";
    }
    std::string header(std::string head)
    {
        const auto edits = rewrite_header(head, house.rules, house.tables);
        for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit)
            head.replace(edit->offset, edit->length, edit->text);
        return head;
    }
    House house;
};

TEST_F(Masquerading, HidesTheHostnameAndWhatIsNamed)
{
    EXPECT_EQ(sender("a@mx.example.net"), "a@example.net");
    EXPECT_EQ(sender("a@other.example"), "unchanged");
    EXPECT_EQ(sender("Root@mx.example.net"), "unchanged");
    house.rules.masquerade.domains = {house::domain("inner.example")};
    house.rules.masquerade.exceptions = {house::domain("not.inner.example")};
    EXPECT_EQ(sender("a@inner.example"), "a@example.net");
    EXPECT_EQ(sender("a@deep.inner.example"), "a@example.net");
    EXPECT_EQ(sender("a@not.inner.example"), "unchanged");
    EXPECT_EQ(sender("a@x.not.inner.example"), "unchanged");
    EXPECT_EQ(sender("a@mx.example.net"), "a@example.net");
    house.rules.masquerade.envelope = false;
    EXPECT_EQ(sender("a@mx.example.net"), "unchanged");
}

TEST_F(Masquerading, ComesAfterTheGenericstableWhoseAddressesStand)
{
    house.table(Table::generics, "joe              joe.doe@example.com\n"
                                 "jim@mx.example.net  jim.public@mx.example.net\n"
                                 "jack             jacob\n"
                                 "a@g.example      b@example.com\n"
                                 "@whole.example   %1@example.com\n");
    house.table(Table::generics_domains, "g.example\nwhole.example\n");
    EXPECT_EQ(sender("joe@mx.example.net"), "joe.doe@example.com");
    EXPECT_EQ(sender("joe+x@mx.example.net"), "joe.doe@example.com");
    EXPECT_EQ(sender("jim@mx.example.net"), "jim.public@mx.example.net");
    EXPECT_EQ(sender("jack@mx.example.net"), "jacob@example.net");
    EXPECT_EQ(sender("a@g.example"), "b@example.com");
    EXPECT_EQ(sender("Any@whole.example"), "Any@example.com");
    EXPECT_EQ(sender("joe@example.org"), "unchanged");
}

TEST_F(Masquerading, ChangesOnlyTheFieldsOfSendersThatHaveSomethingToHide)
{
    const std::string body = "\r\nFrom: a@mx.example.net\r\n";
    EXPECT_EQ(header("From:  \"Doe, Joe\" <a@mx.example.net>\r\n"
                     "Reply-to: a@other.example  (odd   spacing)\r\n"
                     "To: a@mx.example.net, b\r\n"
                     "Subject: a@mx.example.net\r\n" +
                     body),
              "From: \"Doe, Joe\" <a@example.net>\r\n"
              "Reply-to: a@other.example  (odd   spacing)\r\n"
              "To: <a@mx.example.net>, <b@mx.example.net>\r\n"
              "Subject: a@mx.example.net\r\n" +
                  body);
    house.rules.masquerade.recipients = true;
    EXPECT_EQ(header("Cc: g: a@mx.example.net, b;, root\r\n"),
              "Cc: g: <a@example.net>, <b@example.net>;, <root@mx.example.net>\r\n");
}

TEST_F(Masquerading, AddsDomainsOnlyWhereItMay)
{
    EXPECT_EQ(header("From: joe (Joe Doe)\r\nSender: root\r\n"),
              "From: Joe Doe <joe@example.net>\r\nSender: <root@mx.example.net>\r\n");
    house.rules.masquerade.add_domain = false;
    EXPECT_EQ(header("From: joe (Joe Doe)\r\n"), "From: joe (Joe Doe)\r\n");
}

TEST_F(Masquerading, FoldsLongFieldsAndLeavesAloneWhatItDoesNotUnderstand)
{
    std::string list = "From: a0@mx.example.net";
    for (int i = 1; i < 60; ++i)
        list += ",\r\n\ta" + std::to_string(i) + "@mx.example.net";
    const auto seen = header(list + "\r\n");
    EXPECT_FALSE(seen.contains("mx.example.net"));
    for (std::size_t at = 0; at < seen.size();) {
        const auto end = seen.find("\r\n", at);
        EXPECT_LE(end - at, 78u);
        at = end + 2;
    }
    for (const auto& odd :
         std::vector<std::string>{"From: a@mx.example.net <b@mx.example.net\r\n", "From: \r\n",
                                  "From: a@mx.example.net", "From: \"\x01\" <a@mx.example.net>\r\n",
                                  "From: " + std::string(900, 'x') + " <a@mx.example.net>\r\n"})
        EXPECT_EQ(header(odd), odd) << odd;
}

TEST_F(Masquerading, DoesNothingTwice)
{
    house.table(Table::generics, "joe  joe.doe@example.com\n");
    const auto once = header("From: Joe <joe@mx.example.net>, b\r\nTo: c\r\n\r\n");
    EXPECT_EQ(header(once), once);
}

TEST(FromHere, AreTheHostItselfKnownClientsAndTrustedNetworks)
{
    House house;
    EXPECT_TRUE(is_from_here({.address = "192.0.2.1", .name = {}, .login = {}}, house.rules));
    EXPECT_TRUE(is_from_here({.address = {}, .name = {}, .login = {}, .local = true}, house.rules));
    EXPECT_TRUE(is_from_here({.address = "203.0.113.1", .name = {}, .login = "a"}, house.rules));
    EXPECT_FALSE(is_from_here(House::stranger(), house.rules));
    EXPECT_FALSE(is_from_here({}, house.rules));
}

} // namespace
} // namespace posthouse::routing
