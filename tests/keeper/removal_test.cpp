// SPDX-License-Identifier: Apache-2.0
// What a removed account had goes with it, whenever the house ends.
#include "keeper/admin.hpp"
#include "tests/keeper/rig.hpp"
#include "tests/store/coroutine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fmt/format.h>

namespace posthouse::keeper {
namespace {

using store::Fault;

struct House {
    explicit House(std::shared_ptr<store::MemoryDisk> on) : disk(std::move(on)) {}

    std::shared_ptr<store::MemoryDisk> disk;
    boost::asio::io_context io;
    store::MemoryEngine engine{io.get_executor(), disk};
    tests::Rig rig{io, engine};
    Admin desk{rig.office, rig.letters, {}};

    template <class T>
    T run(Task<T> task)
    {
        return posthouse::tests::run(io, std::move(task));
    }
    void move_in()
    {
        ASSERT_TRUE(run(rig.open({"ann@example.org"})));
        for (int i = 1; i <= 3; ++i) {
            ASSERT_TRUE(run(rig.send("cy@remote.test", {"ann@example.org"}, "Subject: x\r\n")));
            const auto deadline = Instant::clock::now() + std::chrono::seconds(20);
            while (run(rig.inbox("ann@example.org")).size() < static_cast<std::size_t>(i) &&
                   Instant::clock::now() < deadline)
                io.run_one_for(std::chrono::milliseconds(10));
        }
        // Until the queue's last commit is through, so that the next one is the removal's.
        while (io.run_one_for(std::chrono::milliseconds(50)) != 0) {
        }
        ASSERT_EQ(run(rig.inbox("ann@example.org")).size(), 3U);
    }
    bool remove()
    {
        wire::Admin request;
        request.set_command("user-remove");
        request.add_arguments("ann@example.org");
        return run(desk.answer(std::move(request))).ok();
    }
    /// As a start does.
    void open_again()
    {
        ASSERT_TRUE(run(rig.office.open()));
        bool done = false;
        boost::asio::co_spawn(
            io,
            [](Admin& admin, bool& ended) -> Task<void> {
                co_await admin.finish_removals();
                ended = true;
            }(desk, done),
            boost::asio::detached);
        while (!done)
            io.run_one();
    }
    bool has_account()
    {
        return run(rig.office.accounts.find(*mail::Mailbox::parse("ann@example.org")))
            .value()
            .has_value();
    }
    std::size_t rows(const std::string& prefix) const
    {
        std::size_t count = 0;
        for (const auto& [name, partition] : disk->partitions)
            if (name.starts_with(prefix))
                count += static_cast<std::size_t>(std::ranges::count_if(
                    partition.rows, [](const auto& row) { return !row.first.starts_with('\0'); }));
        return count;
    }
};

TEST(Removal, IsGoneOnWithWhereverThePowerWent)
{
    int kept = 0, gone = 0;
    for (const auto fault : {Fault::power_cut_before, Fault::power_cut_after})
        for (std::uint64_t cut = 0;; ++cut) {
            ASSERT_LT(cut, 50U);
            SCOPED_TRACE(fmt::format("cut {}", cut));
            auto disk = std::make_shared<store::MemoryDisk>();
            bool done = false;
            {
                House house(disk);
                house.move_in();
                house.engine.fail_commit(cut, fault);
                done = house.remove();
            }
            House house(disk);
            house.open_again();
            EXPECT_EQ(house.rows("n/removals"), 0U);
            if (house.has_account()) {
                ++kept;
                EXPECT_EQ(house.run(house.rig.inbox("ann@example.org")).size(), 3U);
            } else {
                ++gone;
                EXPECT_EQ(house.rows("a/"), 0U);
                EXPECT_TRUE(disk->blobs.empty());
            }
            if (done)
                break;
        }
    EXPECT_GE(kept, 2);
    EXPECT_GE(gone, 5);
}

TEST(Removal, IsTriedAgainAtTheNextStartWhereTheStoreTookItNot)
{
    auto disk = std::make_shared<store::MemoryDisk>();
    {
        House house(disk);
        house.move_in();
        house.engine.fail_commit(2, Fault::unavailable); // that it is to go; that it is gone; this
        EXPECT_FALSE(house.remove());
        EXPECT_FALSE(house.has_account());
        EXPECT_FALSE(disk->blobs.empty());
    }
    House house(disk);
    house.open_again();
    EXPECT_TRUE(disk->blobs.empty());
    EXPECT_EQ(house.rows("a/"), 0U);
    EXPECT_EQ(house.rows("n/removals"), 0U);
}

TEST(Removal, LeavesAnAccountThatCameBack)
{
    auto disk = std::make_shared<store::MemoryDisk>();
    {
        House house(disk);
        house.move_in();
        house.engine.fail_commit(1, Fault::unavailable); // the directory's
        EXPECT_FALSE(house.remove());
        EXPECT_EQ(house.rows("n/removals"), 1U);
    }
    House house(disk);
    house.open_again();
    EXPECT_EQ(house.rows("n/removals"), 0U);
    ASSERT_TRUE(house.has_account());
    EXPECT_EQ(house.run(house.rig.inbox("ann@example.org")).size(), 3U);
}

} // namespace
} // namespace posthouse::keeper
