// SPDX-License-Identifier: Apache-2.0
#include "tests/courier/town.hpp"
#include "tests/wire/link_pair.hpp"
#include "wire/parse.hpp"

#include <gtest/gtest.h>

namespace posthouse::courier::test {
namespace {

/// A keeper that has one letter, and the courier's end of the link to it.
class Keeper {
public:
    explicit Keeper(boost::asio::io_context& context)
    {
        auto [one, other] = tests::socket_pair();
        wire::Link::Options options;
        options.handler = [this](auto, wire::Frame frame) { return read(std::move(frame)); };
        keeper_ = wire::Link::open(context.get_executor(), std::move(one), std::move(options));
        courier = wire::Link::open(context.get_executor(), std::move(other), {});
    }
    ~Keeper()
    {
        keeper_->close();
        courier->close();
    }

    Carrier::Order order(std::uint64_t bytes) const
    {
        return {.attempt = order_for({"x@b.test"}), .body = Body(courier, 17, bytes)};
    }

    std::string letter;
    std::size_t most_at_once = 0;
    std::shared_ptr<wire::Link> courier;

private:
    Task<wire::Result<wire::Answer>> read(wire::Frame frame)
    {
        const auto order = wire::parse<wire::ReadLetter>(frame.message);
        if (frame.head.method != wire::Method::read_letter || !order || order->letter() != 17)
            co_return std::unexpected(wire::Failure::refused);
        most_at_once = std::max<std::size_t>(most_at_once, order->length());
        if (order->offset() >= letter.size())
            co_return std::unexpected(wire::Failure::refused);
        co_return wire::Answer{{}, letter.substr(order->offset(), order->length())};
    }

    std::shared_ptr<wire::Link> keeper_;
};

std::string long_letter()
{
    std::string letter;
    for (int i = 0; letter.size() < 3 * Limits::piece_bytes + 1000; ++i)
        letter += "line " + std::to_string(i) + "\r\n";
    return letter;
}

TEST(Body, IsReadFromTheKeeperInPieces)
{
    Town town;
    auto& host = town.host();
    town.serve({host.port()});
    Keeper keeper(town.context);
    keeper.letter = long_letter();
    const auto attempted = town.attempt(keeper.order(keeper.letter.size()));
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED);
    ASSERT_EQ(host.letters.size(), 1U);
    EXPECT_EQ(host.letters[0].data, keeper.letter);
    EXPECT_EQ(keeper.most_at_once, Limits::piece_bytes);
}

TEST(Body, BeginsAnewForTheNextTransaction)
{
    for (const auto size : {std::size_t{20}, long_letter().size()}) {
        Town town;
        // The first host takes all of it and then is in trouble.
        auto& ill = town.host({.reply = [](std::size_t, std::string_view said) {
            return said == "." ? std::optional<std::string>("421 4.3.2 no room") : std::nullopt;
        }});
        auto& well = town.host();
        town.serve({ill.port(), well.port()});
        Keeper keeper(town.context);
        keeper.letter = long_letter().substr(0, size - 2) + "\r\n";
        const auto attempted = town.attempt(keeper.order(keeper.letter.size()));
        EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DELIVERED);
        ASSERT_EQ(well.letters.size(), 1U);
        EXPECT_EQ(well.letters[0].data, keeper.letter);
    }
}

TEST(Body, ThatCannotBeReadIsOurOwnAffair)
{
    Town town;
    auto& host = town.host();
    town.serve({host.port()});
    Keeper keeper(town.context);
    keeper.letter = long_letter();
    const auto attempted = town.attempt(keeper.order(keeper.letter.size() + 1));
    EXPECT_EQ(attempted.outcomes(0).result(), wire::Attempted::DEFERRED);
    EXPECT_EQ(attempted.outcomes(0).status(), "4.3.0");
    EXPECT_TRUE(attempted.health_unknown());
    EXPECT_FALSE(attempted.site_troubled());
    EXPECT_TRUE(host.letters.empty()); // Not half a letter.
}

} // namespace
} // namespace posthouse::courier::test
