// SPDX-License-Identifier: Apache-2.0
#include "tests/courier/town.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::courier::test {
namespace {

using ::testing::HasSubstr;

bool delivered(const wire::Attempted& attempted)
{
    return attempted.outcomes_size() == 1 &&
           attempted.outcomes(0).result() == wire::Attempted::DELIVERED;
}

TEST(Pool, ServesTheNextLetterToTheSiteByTheSameConnection)
{
    Town town;
    auto& host = town.host();
    town.serve({host.port()});
    EXPECT_TRUE(delivered(town.attempt({"x@b.test"})));
    const auto second = town.attempt({"y@b.test"});
    EXPECT_TRUE(delivered(second));
    EXPECT_THAT(second.trace(0), HasSubstr("connection reused"));
    EXPECT_EQ(host.clients.size(), 1U);

    auto elsewhere = targets_at({host.port()});
    elsewhere.set_site("another site");
    town.targets.known["b.test"] = elsewhere;
    EXPECT_TRUE(delivered(town.attempt({"z@b.test"})));
    EXPECT_EQ(host.clients.size(), 2U);
}

TEST(Pool, NoticesThatTheHostHasClosedAnIdleConnection)
{
    Town town;
    auto& host = town.host({.reply = [](std::size_t number, std::string_view said) {
        // The answer to the letter, and in the same breath that the connection closes.
        return said == "." && number == 1
                   ? std::optional<std::string>("250 2.0.0 ok\r\n421 4.4.2 bye")
                   : std::nullopt;
    }});
    town.serve({host.port()});
    EXPECT_TRUE(delivered(town.attempt({"x@b.test"})));
    EXPECT_TRUE(delivered(town.attempt({"y@b.test"})));
    EXPECT_EQ(host.clients.size(), 2U);
    EXPECT_EQ(host.letters.size(), 2U);
}

TEST(Pool, ReplacesAConnectionThatGoesStaleAsItIsUsed)
{
    Town town;
    std::size_t letters = 0;
    auto& host = town.host({.reply = [&](std::size_t number, std::string_view said) {
        const bool stale = number == 1 && said.starts_with("MAIL") && ++letters == 2;
        return stale ? std::optional(hang_up) : std::nullopt;
    }});
    town.serve({host.port()});
    EXPECT_TRUE(delivered(town.attempt({"x@b.test"})));
    const auto second = town.attempt({"y@b.test"});
    EXPECT_TRUE(delivered(second));
    EXPECT_FALSE(second.site_troubled());
    EXPECT_EQ(host.clients.size(), 2U);
}

TEST(Pool, TakesLeaveOfAHostWhenTheTimeIsUp)
{
    auto config = configuration();
    config.queue.connection_reuse = std::chrono::milliseconds(30);
    Town town(config);
    auto& host = town.host();
    town.serve({host.port()});
    EXPECT_TRUE(delivered(town.attempt({"x@b.test"})));
    EXPECT_TRUE(town.run_until([&] { return host.open == 0; }));
    EXPECT_EQ(host.commands.back(), "QUIT");
}

TEST(Pool, SendsNoMoreThanSoManyLettersOverOneConnection)
{
    Town town;
    auto& host = town.host();
    town.serve({host.port()});
    for (std::size_t i = 0; i <= Limits::letters; ++i)
        ASSERT_TRUE(delivered(town.attempt({"x@b.test"})));
    EXPECT_EQ(host.clients.size(), 2U);
}

TEST(Pool, KeepsNoConnectionOfAnOlderConfiguration)
{
    Town town;
    auto& host = town.host();
    town.serve({host.port()});
    EXPECT_TRUE(delivered(town.attempt({"x@b.test"})));
    town.carrier.configure(policy_for(configuration()));
    EXPECT_TRUE(town.run_until([&] { return host.open == 0; }));
    EXPECT_EQ(host.commands.back(), "QUIT");
}

TEST(Pool, IsBounded)
{
    Town town;
    auto& host = town.host();
    for (std::size_t i = 0; i < Limits::idle_connections + 3; ++i) {
        auto targets = targets_at({host.port()});
        targets.set_site("site " + std::to_string(i));
        town.targets.known["b.test"] = targets;
        ASSERT_TRUE(delivered(town.attempt({"x@b.test"})));
    }
    EXPECT_TRUE(town.run_until([&] { return host.open == Limits::idle_connections; }));
}

} // namespace
} // namespace posthouse::courier::test
