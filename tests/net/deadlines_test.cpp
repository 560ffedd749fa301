// SPDX-License-Identifier: Apache-2.0
#include "net/deadlines.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;

class Counted final : public Deadlines::Watch {
public:
    using Watch::Watch;
    int times = 0;

private:
    void expired() override { ++times; }
};

constexpr Instant start{1h};

TEST(Deadlines, EndWhatIsOverdueOnce)
{
    boost::asio::io_context io;
    Deadlines deadlines(io, 1h);
    Counted soon(deadlines), later(deadlines);
    soon.start(start + 1s);
    later.start(start + 10s);
    deadlines.sweep(start);
    EXPECT_EQ(soon.times, 0);
    deadlines.sweep(start + 1s);
    deadlines.sweep(start + 2s);
    EXPECT_EQ(soon.times, 1);
    EXPECT_EQ(later.times, 0);
    deadlines.sweep(start + 10s);
    EXPECT_EQ(later.times, 1);
}

TEST(Deadlines, LeaveAloneWhatEndedInTimeOrIsGone)
{
    boost::asio::io_context io;
    Deadlines deadlines(io, 1h);
    Counted ended(deadlines), again(deadlines);
    auto gone = std::make_unique<Counted>(deadlines);
    ended.start(start);
    ended.stop();
    again.start(start);
    again.start(start + 5s);
    gone->start(start);
    gone.reset();
    deadlines.sweep(start + 1s);
    EXPECT_EQ(ended.times, 0);
    EXPECT_EQ(again.times, 0);
    deadlines.sweep(start + 5s);
    EXPECT_EQ(again.times, 1);
}

TEST(Deadlines, KeepTheirListWholeInWhateverOrderWatchesGo)
{
    boost::asio::io_context io;
    Deadlines deadlines(io, 1h);
    for (std::size_t first = 0; first < 3; ++first) {
        std::vector<std::unique_ptr<Counted>> watches;
        for (int i = 0; i < 3; ++i) {
            watches.push_back(std::make_unique<Counted>(deadlines));
            watches.back()->start(start);
        }
        watches.erase(watches.begin() + static_cast<std::ptrdiff_t>(first));
        deadlines.sweep(start);
        EXPECT_EQ(watches[0]->times, 1);
        EXPECT_EQ(watches[1]->times, 1);
    }
}

TEST(Deadlines, TickByThemselvesAndLetTheLoopEnd)
{
    boost::asio::io_context io;
    Deadlines deadlines(io, 1ms);
    auto watch = std::make_unique<Counted>(deadlines);
    watch->start(Instant::clock::now());
    while (watch->times == 0)
        io.run_one();
    watch.reset();
    io.run(); // Ends, since nothing is watched.
}

TEST(Deadlines, WakeNobodyBeforeTheFirstIsDue)
{
    boost::asio::io_context io;
    Deadlines deadlines(io, 1ms);
    Counted late(deadlines), soon(deadlines);
    late.start(Instant::clock::now() + 1h);
    EXPECT_EQ(io.run_one_for(20ms), 0u);
    soon.start(Instant::clock::now() + 1ms); // The look is brought forward for it,
    while (soon.times == 0 && io.run_one_for(20s) != 0)
        ;
    EXPECT_EQ(soon.times, 1);
    EXPECT_EQ(late.times, 0);
    EXPECT_EQ(io.run_one_for(20ms), 0u) << "and then put off again";
}

} // namespace
} // namespace posthouse::net
