// SPDX-License-Identifier: Apache-2.0
#include "sorter/route.hpp"

#include "sorter/limits.hpp"
#include "tests/sorter/requests.hpp"

#include <gtest/gtest.h>

namespace posthouse::sorter {
namespace {

const Accounts people{{"alice@example.org", 12}, {"carol@example.org", 13}};

TEST(Route, LeadsToMailboxesAndToOtherHosts)
{
    const auto book = handbook();
    const auto routed = route_letter(book, route_request({"Alice@example.org", "bob@Example.NET"}),
                                     "Subject: hello\r\n\r\n", people);
    ASSERT_TRUE(routed);
    ASSERT_EQ(routed->size(), 2u);
    const auto& mailbox = routed->at(0);
    EXPECT_EQ(mailbox.recipient(), 0U);
    EXPECT_EQ(mailbox.destination(), "mailbox:");
    EXPECT_EQ(mailbox.account(), 12U);
    EXPECT_EQ(mailbox.rule(), "account");
    const auto& remote = routed->at(1);
    EXPECT_EQ(remote.recipient(), 1U);
    EXPECT_EQ(remote.destination(), "smtp:example.net");
    EXPECT_EQ(remote.final_address(), "bob@example.net");
    EXPECT_EQ(remote.account(), 0U);
}

TEST(Route, AsksForWhomItDoesNotKnowAndForNobodyElse)
{
    const auto book = handbook();
    auto request = route_request({"alice@example.org"});
    auto routing = Routing::begin(book, request, "");
    ASSERT_TRUE(routing);
    const auto unknown = routing->run();
    ASSERT_EQ(unknown.size(), 1u);
    EXPECT_EQ(unknown[0].name, "alice@example.org");

    auto* person = request.add_persons();
    person->set_name("alice@example.org");
    auto* standing = request.add_standings();
    standing->set_account(12);
    standing->set_exists(true);
    auto told = Routing::begin(book, request, "");
    ASSERT_TRUE(told);
    EXPECT_TRUE(told->run().empty());
    EXPECT_EQ(told->deliveries().at(0).account(), 12u);
}

TEST(Route, RefusesALetterWithMoreHopsThanTheLimit)
{
    const auto book = handbook();
    const auto request = route_request({"alice@example.org", "bob@example.net"});
    const auto allowed = route_letter(book, request, received_fields(5) + "Subject: x\r\n", people);
    ASSERT_TRUE(allowed);
    EXPECT_EQ(allowed->at(0).destination(), "mailbox:");

    const auto refused =
        route_letter(book, request, received_fields(6) + "\r\n" + received_fields(9), people);
    ASSERT_TRUE(refused);
    ASSERT_EQ(refused->size(), 2u);
    for (const auto& delivery : *refused) {
        EXPECT_EQ(delivery.destination(), "");
        EXPECT_EQ(delivery.status(), "5.4.6");
        EXPECT_EQ(delivery.text(), "routing loop detected: 6 hops");
    }
    EXPECT_EQ(refused->at(1).final_address(), "bob@example.net");
}

TEST(Route, CountsNoHopsBehindTheHeader)
{
    const auto book = handbook();
    const auto routed = route_letter(book, route_request({"alice@example.org"}),
                                     "Subject: x\r\n\r\n" + received_fields(100), people);
    ASSERT_TRUE(routed);
    EXPECT_EQ(routed->at(0).destination(), "mailbox:");
}

TEST(Route, RefusesAMailboxThatHadTheLetterBefore)
{
    const auto book = handbook();
    const auto routed = route_letter(
        book, route_request({"Alice@example.org", "carol@example.org", "bob@example.net"}),
        "Delivered-To: alice@EXAMPLE.org\r\n"
        "delivered-to: bob@example.net\r\n\r\n"
        "Delivered-To: carol@example.org\r\n",
        people);
    ASSERT_TRUE(routed);
    EXPECT_EQ(routed->at(0).destination(), "");
    EXPECT_EQ(routed->at(0).status(), "5.4.6");
    EXPECT_EQ(routed->at(1).destination(), "mailbox:");
    EXPECT_EQ(routed->at(2).destination(), "smtp:example.net"); // It was there, not here.
}

TEST(Route, RefusesTheCatchAllThatHadTheLetter)
{
    const auto book = handbook("alice@example.org");
    const auto routed = route_letter(book, route_request({"one@example.org"}),
                                     "Delivered-To: alice@example.org\r\n", people);
    ASSERT_TRUE(routed);
    ASSERT_EQ(routed->size(), 1u);
    EXPECT_EQ(routed->at(0).final_address(), "one@example.org");
    EXPECT_EQ(routed->at(0).destination(), "");
}

TEST(Route, RefusesWhatIsNoAddress)
{
    const auto book = handbook();
    const auto routed = route_letter(book, route_request({"not an address"}), "", people);
    ASSERT_TRUE(routed);
    EXPECT_EQ(routed->at(0).destination(), "");
    EXPECT_EQ(routed->at(0).status(), "5.1.3");
}

TEST(Route, RewritesOnlyWhatComesFromHere)
{
    auto book = handbook();
    book.rules.masquerade.as = *mail::Domain::parse("example.org");
    auto request = route_request({"bob@example.net"});
    request.set_sender("carol@mx.example.org");
    const std::string prefix = "Received: by us\r\n";
    const auto letter = prefix + "From: carol@mx.example.org\r\n\r\n";
    request.set_prefix_bytes(static_cast<std::uint32_t>(prefix.size()));
    request.mutable_origin()->set_client_address("192.0.2.1");
    auto stranger = Routing::begin(book, request, letter);
    ASSERT_TRUE(stranger);
    ASSERT_TRUE(stranger->run().empty());
    EXPECT_FALSE(stranger->changes().has_sender());
    EXPECT_EQ(stranger->changes().edits_size(), 0);

    request.mutable_origin()->set_client_address("127.0.0.1");
    auto ours = Routing::begin(book, request, letter);
    ASSERT_TRUE(ours);
    ASSERT_TRUE(ours->run().empty());
    const auto changes = ours->changes();
    EXPECT_EQ(changes.sender(), "carol@example.org");
    ASSERT_EQ(changes.edits_size(), 1);
    EXPECT_LT(changes.edits(0).offset(), letter.size() - prefix.size());
}

TEST(Route, KnowsARequestThatCannotBeMeant)
{
    const auto book = handbook();
    auto request = route_request();
    request.set_hop_limit(0);
    EXPECT_EQ(route_letter(book, request, "", people).error(), wire::Failure::invalid);
    request = route_request();
    request.set_prefix_bytes(1);
    EXPECT_EQ(route_letter(book, request, "", people).error(), wire::Failure::invalid);
    request = route_request();
    request.set_sender("not an address");
    EXPECT_EQ(route_letter(book, request, "", people).error(), wire::Failure::invalid);
    request = route_request();
    request.add_persons();
    EXPECT_EQ(route_letter(book, request, "", people).error(), wire::Failure::invalid);
}

TEST(Route, TakesNoMoreRecipientsThanTheLimit)
{
    const auto book = handbook();
    auto request = route_request();
    for (int i = 0; i < Limits::recipients; ++i)
        request.add_recipients("a@example.net");
    ASSERT_TRUE(route_letter(book, request, "", people));
    request.add_recipients("a@example.net");
    EXPECT_EQ(route_letter(book, request, "", people).error(), wire::Failure::invalid);
}

} // namespace
} // namespace posthouse::sorter
