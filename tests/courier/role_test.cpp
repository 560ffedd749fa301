// SPDX-License-Identifier: Apache-2.0
#include "courier/courier.hpp"
#include "tests/courier/town.hpp"
#include "tests/process/role_child.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace posthouse::courier::test {
namespace {

TEST(CourierRole, CarriesALetterForTheKeeperToWhereTheResolverSays)
{
    Town town; // For a host to go to.
    auto& host = town.host({.extensions = {"PIPELINING", "STARTTLS"}, .tls = server_tls()});
    tests::RoleChild role(run_courier, "courier");
    role.configure(fmt::format("hostname = \"mail.a.test\"\n[outbound]\nport = {}\n", host.port()),
                   {});
    auto keeper_end = role.link("keeper");
    auto resolver_end = role.link("resolver");
    ASSERT_TRUE(role.start());

    wire::Link::Options options;
    options.handler = [](auto, wire::Frame frame) -> Task<wire::Result<wire::Answer>> {
        if (frame.head.method != wire::Method::find_targets)
            co_return std::unexpected(wire::Failure::refused);
        co_return wire::answer_with(targets_at({0}));
    };
    const auto resolver =
        wire::Link::open(town.context.get_executor(), std::move(resolver_end), std::move(options));
    const auto keeper = wire::Link::open(town.context.get_executor(), std::move(keeper_end), {});

    wire::FindTargets question;
    question.set_domain("b.test");
    const auto found =
        tests::ask<wire::Targets>(town.context, keeper, wire::Method::find_targets, question);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->targets(0).host(), "mx1.test");

    const std::string letter = "Subject: x\r\n\r\nHello\r\n";
    auto order = order_for({"x@b.test"});
    order.set_bytes(letter.size());
    for (int i = 0; i < 2; ++i) {
        const auto attempted =
            tests::ask<wire::Attempted>(town.context, keeper, wire::Method::attempt, order, letter);
        ASSERT_TRUE(attempted) << wire::describe(attempted.error());
        ASSERT_EQ(attempted->outcomes_size(), 1);
        EXPECT_EQ(attempted->outcomes(0).result(), wire::Attempted::DELIVERED)
            << attempted->outcomes(0).text();
    }
    ASSERT_EQ(host.letters.size(), 2U);
    EXPECT_EQ(host.letters[1].data, letter);
    EXPECT_TRUE(host.letters[1].tls);
    EXPECT_EQ(host.clients.size(), 1U);

    role.drain();
    EXPECT_EQ(role.exit_code(), 0);
    keeper->close();
    resolver->close();
}

} // namespace
} // namespace posthouse::courier::test
