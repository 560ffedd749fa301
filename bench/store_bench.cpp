// SPDX-License-Identifier: Apache-2.0
// benches: store/rocksdb
// Commits a second of the embedded engine, as a letter is accepted: three rows and a body, synced.
// "cpu_us" is what the whole process spends on one commit, the committer's thread included.
#include "store/rocksdb/engine.hpp"

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <sys/resource.h>

namespace {

using namespace posthouse;
using namespace posthouse::store;

struct Load {
    Engine& engine;
    std::string body;
    std::int64_t left = 0; // commits
    std::int64_t failed = 0;
};

Task<> writer(Load& load, std::string partition)
{
    std::uint64_t number = 0;
    while (load.left-- > 0) {
        Commit commit;
        commit.partition = {partition};
        const std::string key = std::to_string(++number);
        commit.put = {{"l/" + key, std::string(300, 'e')},
                      {"d/" + key, std::string(150, 'd')},
                      {"t/" + key, std::string(20, 't')}};
        commit.blobs.push_back({load.engine.blobs().new_id(), load.body});
        const auto done = co_await load.engine.partitions().commit(std::move(commit));
        if (!done)
            ++load.failed;
    }
}

double cpu_seconds()
{
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// In a directory below $TMPDIR: set it to the disk that is to be measured.
void commits(benchmark::State& state)
{
    std::string directory = (std::filesystem::temp_directory_path() / "store-XXXXXX").string();
    if (!::mkdtemp(directory.data())) {
        state.SkipWithError("no directory");
        return;
    }
    {
        boost::asio::io_context io(1);
        rocksdb::OpenOptions options;
        options.executor = io.get_executor();
        options.data_dir = directory;
        auto engine = rocksdb::open(std::move(options));
        if (!engine) {
            state.SkipWithError(engine.error().text.c_str());
            return;
        }
        const auto writers = state.range(0);
        std::string body(static_cast<std::size_t>(state.range(1)), '\0');
        unsigned seed = 1;
        for (char& c : body)
            c = static_cast<char>((seed = seed * 1664525u + 1013904223u) >> 24);
        Load load{**engine, std::move(body)};
        std::int64_t done = 0;
        const double before = cpu_seconds();
        for (auto _ : state) {
            load.left = writers * 50;
            done += load.left;
            for (std::int64_t i = 0; i < writers; ++i)
                boost::asio::co_spawn(io, writer(load, "q/" + std::to_string(i)),
                                      boost::asio::detached);
            io.restart();
            io.run();
        }
        state.counters["cpu_us"] = (cpu_seconds() - before) * 1e6 / static_cast<double>(done);
        state.counters["commits"] =
            benchmark::Counter(static_cast<double>(done), benchmark::Counter::kIsRate);
        if (load.failed != 0)
            state.SkipWithError("commits failed");
    }
    std::filesystem::remove_all(directory);
}
BENCHMARK(commits)
    ->ArgNames({"writers", "bytes"})
    ->ArgsProduct({{1, 8, 64}, {4 << 10, 20 << 10}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

} // namespace
