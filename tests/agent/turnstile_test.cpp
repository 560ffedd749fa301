// SPDX-License-Identifier: Apache-2.0
#include "agent/turnstile.hpp"

#include <boost/asio/co_spawn.hpp>

#include <gtest/gtest.h>
#include <optional>

namespace posthouse::agent {
namespace {

class Turning : public ::testing::Test {
protected:
    /// Filled once it is let in, or turned away.
    std::shared_ptr<std::optional<Turnstile::Place>> enter(Turnstile::Wish wish)
    {
        auto place = std::make_shared<std::optional<Turnstile::Place>>();
        boost::asio::co_spawn(
            context, turnstile.enter(std::move(wish)),
            [place](std::exception_ptr, Turnstile::Place got) { place->emplace(std::move(got)); });
        settle();
        return place;
    }
    void settle()
    {
        context.restart();
        context.poll();
    }
    static Turnstile::Wish wish(std::string key, std::size_t of_key = 1)
    {
        return {std::move(key), of_key, Instant::clock::now() + std::chrono::hours(1)};
    }

    boost::asio::io_context context;
    Turnstile turnstile{context, {.in_all = 3}};
};

TEST_F(Turning, LetsOneOfAKeyInAfterTheOther)
{
    auto first = enter(wish("alice"));
    auto second = enter(wish("alice"));
    EXPECT_TRUE(*first);
    EXPECT_FALSE(*second);
    first->reset();
    settle();
    EXPECT_TRUE(*second);
}

TEST_F(Turning, LetsABusyKeyHoldUpNobodyElse)
{
    auto first = enter(wish("alice"));
    std::vector<std::shared_ptr<std::optional<Turnstile::Place>>> waiting;
    for (int i = 0; i < 10; ++i)
        waiting.push_back(enter(wish("alice")));
    auto other = enter(wish("bob"));
    EXPECT_TRUE(*other);
}

TEST_F(Turning, LetsNoMoreInThanThereIsPlace)
{
    auto one = enter(wish("a", 2)), two = enter(wish("a", 2)), three = enter(wish("b"));
    auto four = enter(wish("c"));
    EXPECT_TRUE(*three);
    EXPECT_FALSE(*four);
    turnstile.set_terms({.in_all = 4});
    settle();
    EXPECT_TRUE(*four);
}

TEST_F(Turning, TurnsAwayWhoWaitedTooLong)
{
    auto first = enter(wish("alice"));
    auto late = enter({"alice", 1, Instant::clock::now()});
    ASSERT_TRUE(late->has_value());
    EXPECT_FALSE(**late);
    first->reset();
    settle();
    EXPECT_TRUE(*enter(wish("alice")));
}

} // namespace
} // namespace posthouse::agent
