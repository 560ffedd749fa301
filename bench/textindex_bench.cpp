// SPDX-License-Identifier: Apache-2.0
// benches: textindex store/rocksdb
// 10,000 letters of some 300 terms each: cutting them in the sorter, adding them to the index and
// tidying it in the keeper, and what looking up costs then. "held_us" is the longest that the
// keeper's loop was held at once. In a directory below $TMPDIR.
#include "store/rocksdb/engine.hpp"
#include "textindex/letter_cutter.hpp"
#include "textindex/text_index.hpp"

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>

namespace {

using namespace posthouse;
using namespace posthouse::textindex;
using Clock = std::chrono::steady_clock;

/// TEXTINDEX_LETTERS, if it is set.
const std::uint64_t letters = [] {
    const char* const wanted = std::getenv("TEXTINDEX_LETTERS");
    return wanted == nullptr ? 10'000ULL : std::strtoull(wanted, nullptr, 10);
}();

/// Words as frequent as those of a language are, and a few that are no words.
class Author {
public:
    Author()
    {
        for (int i = 0; i < 30'000; ++i) {
            std::string word;
            for (auto left = 2 + random_() % 9; left > 0; --left)
                word += static_cast<char>('a' + random_() % 26);
            words_.push_back(word);
        }
    }
    std::string letter(std::uint64_t number)
    {
        std::string text = "From: ada@example.org\r\nMessage-ID: <" + std::to_string(random_()) +
                           "@example.org>\r\nSubject: letter " + std::to_string(number) +
                           "\r\n\r\n";
        if (number % 100 == 0)
            text += "seldom ";
        for (int i = 0; i < 500; ++i) {
            const double where = static_cast<double>(random_()) / 2147483647.0;
            text += words_[static_cast<std::size_t>(where * where * where * 29'999)];
            text += i % 12 == 11 ? "\r\n" : " ";
        }
        return text + std::to_string(random_()) + " always\r\n";
    }

private:
    std::minstd_rand random_{7};
    std::vector<std::string> words_;
};

/// By this thread: neither what it waited for nor what other processes took.
std::chrono::nanoseconds used()
{
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

struct Scene {
    std::string directory;
    boost::asio::io_context io;
    std::unique_ptr<store::Engine> engine;
    std::shared_ptr<TextIndex> index;
    std::chrono::duration<double> cut{}, added{}, tidied{};
    std::chrono::nanoseconds held{};
    std::uint64_t packed_bytes = 0, disk_bytes = 0;

    template <class T>
    T run(Task<T> task)
    {
        std::optional<T> value;
        boost::asio::co_spawn(io, std::move(task),
                              [&](std::exception_ptr, T v) { value.emplace(std::move(v)); });
        io.restart();
        for (;;) {
            const auto begin = used();
            if (value || io.run_one() == 0)
                break;
            held = std::max(held, used() - begin);
        }
        return std::move(*value);
    }

    Scene()
    {
        directory = (std::filesystem::temp_directory_path() / "index-XXXXXX").string();
        if (!::mkdtemp(directory.data()))
            std::abort();
        store::rocksdb::OpenOptions options;
        options.executor = io.get_executor();
        options.data_dir = directory;
        auto opened = store::rocksdb::open(std::move(options));
        if (!opened)
            std::abort();
        engine = std::move(*opened);
        index = *run(TextIndex::open(*engine, partition_of(1)));
        Author author;
        LetterCutter cutter;
        for (std::uint64_t email = 1; email <= letters; ++email) {
            const auto text = author.letter(email);
            auto begin = Clock::now();
            cutter.add(email, text);
            if (!cutter.full() && email != letters) {
                cut += Clock::now() - begin;
                continue;
            }
            auto batch = cutter.finish();
            packed_bytes += batch.size();
            cut += Clock::now() - begin;
            begin = Clock::now();
            if (!run(index->add(std::move(batch))))
                std::abort();
            added += Clock::now() - begin;
            begin = Clock::now();
            while (*run(index->tidy())) {
            }
            tidied += Clock::now() - begin;
        }
        std::string after;
        for (bool more = true; more;) {
            auto page = *run(engine->partitions().scan(partition_of(1), "", after, 100));
            for (const auto& row : page.rows)
                disk_bytes += row.key.size() + row.value.size();
            more = page.more;
            after = page.rows.empty() ? "" : page.rows.back().key;
        }
    }
    ~Scene()
    {
        index.reset();
        engine.reset();
        std::filesystem::remove_all(directory);
    }
};

Scene& scene()
{
    static Scene one;
    return one;
}

void build(benchmark::State& state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(&scene());
    const auto& built = scene();
    state.counters["cut_s"] = built.cut.count();
    state.counters["add_s"] = built.added.count();
    state.counters["tidy_s"] = built.tidied.count();
    state.counters["packed_bytes_a_letter"] =
        static_cast<double>(built.packed_bytes) / static_cast<double>(letters);
    state.counters["row_bytes_a_letter"] =
        static_cast<double>(built.disk_bytes) / static_cast<double>(letters);
    state.counters["held_us"] = std::chrono::duration<double, std::micro>(built.held).count();
}
BENCHMARK(build)->Iterations(1)->Unit(benchmark::kMillisecond);

void look_up(benchmark::State& state, const char* needle)
{
    auto& built = scene();
    built.held = {};
    std::size_t certain = 0, possible = 0;
    for (auto _ : state) {
        const auto found = built.run(built.index->look_up(Within::whole, needle));
        certain = possible = 0;
        for (std::uint64_t email = 1; email <= letters; ++email) {
            certain += found.of(email) == Presence::certain ? 1 : 0;
            possible += found.of(email) == Presence::possible ? 1 : 0;
        }
    }
    state.counters["certain"] = static_cast<double>(certain);
    state.counters["possible"] = static_cast<double>(possible);
    state.counters["held_us"] = std::chrono::duration<double, std::micro>(built.held).count();
}
BENCHMARK_CAPTURE(look_up, seldom, "seldom")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(look_up, nowhere, "nowhereatall")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(look_up, in_all, "always")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(look_up, one_character, "q")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(look_up, inside, "ldo")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(look_up, several, "ada@example.org seldom")->Unit(benchmark::kMillisecond);

} // namespace
