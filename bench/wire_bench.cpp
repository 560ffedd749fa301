// SPDX-License-Identifier: Apache-2.0
// benches: wire
// A hop: request and reply over a link between two threads, one at a time and many in flight.
// "cpu_us" is what both ends together spend on one.
#include "wire/link.hpp"

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <cstdlib>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>

namespace {

using namespace posthouse;
using namespace posthouse::wire;
namespace asio = boost::asio;

Task<Result<Answer>> reply(std::shared_ptr<Link>, Frame frame)
{
    co_return Answer{std::move(frame.message), {}};
}

struct Load {
    std::string raw;
    std::int64_t left = 0; // requests
    std::int64_t failed = 0;
};

Task<> caller(std::shared_ptr<Link> link, Load* load)
{
    while (load->left-- > 0) {
        auto answer =
            co_await link->call(Method::check_recipients, std::string(64, 'm'), load->raw);
        load->failed += !answer;
    }
}

double processor_us()
{
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto us = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    };
    return us(usage.ru_utime) + us(usage.ru_stime);
}

/// Arguments: requests in flight, raw bytes of a request.
void hop(benchmark::State& state)
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        std::abort();
    asio::io_context ours;
    asio::io_context theirs;
    auto link = Link::open(ours.get_executor(), UniqueFd(ends[0]), {});
    auto other =
        Link::open(theirs.get_executor(), UniqueFd(ends[1]), {.handler = reply, .closed = {}});
    std::thread far([&theirs] { theirs.run(); });

    constexpr std::int64_t batch = 2'000;
    Load load{std::string(static_cast<std::size_t>(state.range(1)), 'b')};
    const auto before = processor_us();
    for (auto _ : state) {
        load.left = batch;
        std::int64_t running = state.range(0);
        for (std::int64_t n = 0; n < state.range(0); ++n)
            asio::co_spawn(ours, caller(link, &load), [&](const std::exception_ptr&) {
                if (--running == 0)
                    ours.stop();
            });
        ours.restart();
        ours.run();
    }
    const auto requests = static_cast<double>(state.iterations() * batch);
    state.counters["cpu_us"] = (processor_us() - before) / requests;
    state.SetItemsProcessed(state.iterations() * batch);
    if (load.failed > 0)
        state.SkipWithError("a request failed");
    link->close(); // The far end then has nothing left to do.
    ours.restart();
    ours.run();
    far.join();
}
BENCHMARK(hop)
    ->Args({1, 0})
    ->Args({20, 0})
    ->Args({1, 20 << 10})
    ->Args({20, 20 << 10})
    ->ArgNames({"in_flight", "raw_bytes"})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

} // namespace
