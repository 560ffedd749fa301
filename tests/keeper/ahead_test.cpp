// SPDX-License-Identifier: Apache-2.0
// Letters that are routed before they are accepted: docs/queue.md, state 3.
#include "tests/keeper/rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace posthouse::keeper::tests {
namespace {

struct House {
    boost::asio::io_context io;
    std::shared_ptr<store::MemoryDisk> disk = std::make_shared<store::MemoryDisk>();
    store::MemoryEngine engine{io.get_executor(), disk};
    Rig rig{io, engine};

    House() { EXPECT_TRUE(await(rig.open({"ann@example.org", "ben@example.org"}))); }

    template <class T>
    T await(Task<T> task)
    {
        std::optional<T> result;
        boost::asio::co_spawn(
            io,
            [](Task<T> what, std::optional<T>& to) -> Task<void> {
                to = co_await std::move(what);
            }(std::move(task), result),
            boost::asio::detached);
        until([&] { return result.has_value(); });
        return std::move(*result);
    }
    void until(const std::function<bool()>& done)
    {
        const auto deadline = Instant::clock::now() + std::chrono::seconds(20);
        while (!done() && Instant::clock::now() < deadline)
            io.run_one_for(std::chrono::milliseconds(10));
        ASSERT_TRUE(done());
    }
    /// How many rows of this kind the queue has.
    std::size_t rows(char kind) const
    {
        std::size_t count = 0;
        for (const auto& [name, partition] : disk->partitions)
            if (name.starts_with("q/"))
                count += static_cast<std::size_t>(std::ranges::count_if(
                    partition.rows, [&](const auto& row) { return row.first[0] == kind; }));
        return count;
    }
    /// Commits from handing a letter in until it has ended.
    std::uint64_t commits_of(std::string recipient)
    {
        const auto before = engine.commits();
        EXPECT_TRUE(await(rig.send("cy@remote.test", {recipient}, "Subject: x\r\n\r\nx\r\n")));
        until([&] { return rows('l') == 0; });
        return engine.commits() - before;
    }
};

TEST(RoutedAhead, ALetterToAMailboxTakesThreeCommits)
{
    House house;
    house.commits_of("ann@example.org"); // The first writes a hint besides.
    EXPECT_EQ(house.commits_of("ann@example.org"), 3u) << "accepted, in the mailbox, ended";
    house.rig.routes_ahead = false;
    EXPECT_EQ(house.commits_of("ann@example.org"), 4u) << "accepted, routed, in the mailbox, ended";
    EXPECT_EQ(house.await(house.rig.inbox("ann@example.org")).size(), 3u);
}

TEST(RoutedAhead, ALetterIsAcceptedAllTheSameWhereNoSorterIsThere)
{
    House house;
    house.rig.lose_sorter();
    const auto sent = house.await(
        house.rig.send("cy@remote.test", {"ann@example.org"}, "Subject: x\r\n\r\nx\r\n"));
    ASSERT_TRUE(sent);
    EXPECT_EQ(house.rows('a'), 1u) << "it is to be routed";
    house.rig.regain_sorter();
    house.until([&] { return house.rows('l') == 0; });
    EXPECT_EQ(house.await(house.rig.inbox("ann@example.org")).size(), 1u);
}

TEST(RoutedAhead, WhoIsRefusedIsTold)
{
    House house;
    const auto sent = house.await(
        house.rig.send("ben@example.org", {"nobody@example.org"}, "Subject: x\r\n\r\nx\r\n"));
    ASSERT_TRUE(sent);
    house.until([&] { return house.rows('l') == 0; });
    EXPECT_EQ(house.await(house.rig.inbox("ben@example.org")).size(), 1u);
}

TEST(RoutedAhead, WhatAListMakesOfALetterIsAcceptedWithIt)
{
    House house;
    house.rig.set_aliases("team: ann@example.org, ben@example.org\n");
    const auto sent = house.await(
        house.rig.send("cy@remote.test", {"team@example.org"}, "Subject: x\r\n\r\nx\r\n"));
    ASSERT_TRUE(sent);
    EXPECT_EQ(house.rows('a'), 0u);
    house.until([&] { return house.rows('l') == 0; });
    for (const auto* address : {"ann@example.org", "ben@example.org"})
        EXPECT_EQ(house.await(house.rig.inbox(address)).size(), 1u);
}

/// It is filed for the address that it was sent to, while it is found out that it goes elsewhere.
TEST(RoutedAhead, WhatWasFiledForAnotherAddressIsFiledAnew)
{
    House house;
    house.rig.set_aliases("ann: ben@example.org\n");
    const auto sent = house.await(
        house.rig.send("cy@remote.test", {"ann@example.org"}, "Subject: x\r\n\r\nx\r\n"));
    ASSERT_TRUE(sent);
    house.until([&] { return house.rows('l') == 0; });
    EXPECT_TRUE(house.await(house.rig.inbox("ann@example.org")).empty());
    std::string prefixes;
    for (const auto& [name, partition] : house.disk->partitions)
        if (name.starts_with("a/"))
            for (const auto& [key, value] : partition.rows)
                if (mailbox::Message message; key[0] == 'e' && message.ParseFromString(value))
                    prefixes += message.prefix();
    EXPECT_TRUE(prefixes.contains("Delivered-To: ben@example.org")) << prefixes;
    EXPECT_FALSE(prefixes.contains("Delivered-To: ann@example.org")) << prefixes;
}

} // namespace
} // namespace posthouse::keeper::tests
