// SPDX-License-Identifier: Apache-2.0
#include "sorter/route.hpp"

#include "sorter/limits.hpp"
#include "tests/sorter/requests.hpp"

#include <gtest/gtest.h>

namespace posthouse::sorter {
namespace {

TEST(Route, LeadsToMailboxesAndToOtherHosts)
{
    auto request = route_request();
    add_local(request, "Alice@example.org", 12);
    request.add_recipients()->set_address("bob@Example.NET");
    const auto routed = route_letter(request, "Subject: hello\r\n\r\n");
    ASSERT_TRUE(routed);
    ASSERT_EQ(routed->deliveries_size(), 2);
    const auto& mailbox = routed->deliveries(0);
    EXPECT_EQ(mailbox.recipient(), 0U);
    EXPECT_EQ(mailbox.destination(), "mailbox:");
    EXPECT_EQ(mailbox.final_address(), "Alice@example.org");
    EXPECT_EQ(mailbox.account(), 12U);
    EXPECT_EQ(mailbox.rule(), "account");
    const auto& remote = routed->deliveries(1);
    EXPECT_EQ(remote.recipient(), 1U);
    EXPECT_EQ(remote.destination(), "smtp:example.net");
    EXPECT_EQ(remote.final_address(), "bob@example.net");
    EXPECT_EQ(remote.account(), 0U);
    EXPECT_EQ(remote.rule(), "remote");
}

TEST(Route, TakesNoAccountForAnUnknownMailboxButTheCatchAll)
{
    auto request = route_request();
    auto& caught = add_local(request, "whoever@example.org", 0);
    caught.set_catch_all("alice@example.org");
    caught.set_catch_all_account(12);
    add_local(request, "nobody@example.org", 0);
    const auto routed = route_letter(request, "");
    ASSERT_TRUE(routed);
    EXPECT_EQ(routed->deliveries(0).destination(), "mailbox:");
    EXPECT_EQ(routed->deliveries(0).final_address(), "alice@example.org");
    EXPECT_EQ(routed->deliveries(0).account(), 12U);
    EXPECT_EQ(routed->deliveries(0).rule(), "catch-all");
    EXPECT_EQ(routed->deliveries(1).destination(), "");
    EXPECT_EQ(routed->deliveries(1).final_address(), "nobody@example.org");
    EXPECT_EQ(routed->deliveries(1).status(), "5.1.1");
    EXPECT_NE(routed->deliveries(1).text(), "");
}

TEST(Route, RefusesALetterWithMoreHopsThanTheLimit)
{
    auto request = route_request();
    add_local(request, "alice@example.org", 12);
    request.add_recipients()->set_address("bob@example.net");
    const auto allowed = route_letter(request, received_fields(5) + "Subject: x\r\n");
    ASSERT_TRUE(allowed);
    EXPECT_EQ(allowed->deliveries(0).destination(), "mailbox:");

    const auto refused = route_letter(request, received_fields(6) + "\r\n" + received_fields(9));
    ASSERT_TRUE(refused);
    ASSERT_EQ(refused->deliveries_size(), 2);
    for (const auto& delivery : refused->deliveries()) {
        EXPECT_EQ(delivery.destination(), "");
        EXPECT_EQ(delivery.status(), "5.4.6");
        EXPECT_EQ(delivery.text(), "routing loop detected: 6 hops");
    }
    EXPECT_EQ(refused->deliveries(1).final_address(), "bob@example.net");
}

TEST(Route, CountsNoHopsBehindTheHeader)
{
    auto request = route_request();
    add_local(request, "alice@example.org", 12);
    const auto routed = route_letter(request, "Subject: x\r\n\r\n" + received_fields(100));
    ASSERT_TRUE(routed);
    EXPECT_EQ(routed->deliveries(0).destination(), "mailbox:");
}

TEST(Route, RefusesAMailboxThatHadTheLetterBefore)
{
    auto request = route_request();
    add_local(request, "Alice@example.org", 12);
    add_local(request, "carol@example.org", 13);
    request.add_recipients()->set_address("bob@example.net");
    const auto routed = route_letter(request, "Delivered-To: alice@EXAMPLE.org\r\n"
                                              "delivered-to: bob@example.net\r\n\r\n"
                                              "Delivered-To: carol@example.org\r\n");
    ASSERT_TRUE(routed);
    EXPECT_EQ(routed->deliveries(0).destination(), "");
    EXPECT_EQ(routed->deliveries(0).status(), "5.4.6");
    EXPECT_EQ(routed->deliveries(1).destination(), "mailbox:");
    EXPECT_EQ(routed->deliveries(2).destination(), "smtp:example.net"); // It was there, not here.
}

TEST(Route, RefusesTheCatchAllThatHadTheLetterForEachRecipientByItsName)
{
    auto request = route_request();
    for (const auto* address : {"one@example.org", "two@example.org"}) {
        auto& caught = add_local(request, address, 0);
        caught.set_catch_all("alice@example.org");
        caught.set_catch_all_account(12);
    }
    const auto routed = route_letter(request, "Delivered-To: alice@example.org\r\n");
    ASSERT_TRUE(routed);
    EXPECT_EQ(routed->deliveries(0).final_address(), "one@example.org");
    EXPECT_EQ(routed->deliveries(1).final_address(), "two@example.org");
    EXPECT_EQ(routed->deliveries(1).destination(), "");
}

TEST(Route, RefusesWhatIsNoAddress)
{
    auto request = route_request();
    request.add_recipients()->set_address("not an address");
    const auto routed = route_letter(request, "");
    ASSERT_TRUE(routed);
    EXPECT_EQ(routed->deliveries(0).destination(), "");
    EXPECT_EQ(routed->deliveries(0).status(), "5.1.3");
}

TEST(Route, KnowsARequestThatCannotBeMeant)
{
    auto request = route_request();
    request.set_hostname("not a name");
    EXPECT_EQ(route_letter(request, "").error(), wire::Failure::invalid);
    request = route_request();
    request.set_hop_limit(0);
    EXPECT_EQ(route_letter(request, "").error(), wire::Failure::invalid);
    request = route_request();
    add_local(request, "alice@example.org", 0).set_catch_all("not an address");
    EXPECT_EQ(route_letter(request, "").error(), wire::Failure::invalid);
}

TEST(Route, TakesNoMoreRecipientsThanTheLimit)
{
    auto request = route_request();
    for (int i = 0; i < Limits::recipients; ++i)
        request.add_recipients()->set_address("a@example.net");
    ASSERT_TRUE(route_letter(request, ""));
    request.add_recipients()->set_address("a@example.net");
    EXPECT_EQ(route_letter(request, "").error(), wire::Failure::invalid);
}

TEST(Route, HasNoAnswerLargerThanAFrame)
{
    auto request = route_request();
    const std::string long_address = std::string(64, 'a') + "@" + std::string(63, 'b') + "." +
                                     std::string(63, 'c') + "." + std::string(50, 'd') + ".org";
    for (int i = 0; i < Limits::recipients; ++i)
        add_local(request, long_address, 1);
    EXPECT_EQ(route_letter(request, "").error(), wire::Failure::invalid);
}

} // namespace
} // namespace posthouse::sorter
