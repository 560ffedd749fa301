// SPDX-License-Identifier: Apache-2.0
// benches: tables mail base
// Large tables: 100,000 virtusers, 100,000 aliases, 10,000 mailers. Looking up one key, opening an
// image, compiling all three; the counter is the images' size.
#include "tables/formats.hpp"
#include "tables/image.hpp"
#include "tables/network.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <array>
#include <string>

namespace {

using namespace posthouse::tables;

constexpr unsigned users = 100'000;
constexpr unsigned domains = 10'000;

Source virtusers()
{
    Source source{"virtusertable", ""};
    for (unsigned i = 0; i < users; ++i)
        source.text +=
            fmt::format("user{}@domain{}.example\tmember{}@mail.example.net\n", i, i % domains, i);
    return source;
}

Source aliases()
{
    Source source{"aliases", ""};
    for (unsigned i = 0; i < users; ++i)
        source.text += fmt::format("member{}: person{}@example.org, archive{}\n", i, i, i % 100);
    return source;
}

Source mailers()
{
    Source source{"mailertable", ""};
    for (unsigned i = 0; i < domains; ++i)
        source.text += fmt::format("domain{}.example\tesmtp:[mx{}.example.net]:mx{}.example.net\n",
                                   i, i % 7, i % 11);
    return source;
}

Source access()
{
    Source source{"access", ""};
    for (unsigned i = 0; i < domains; ++i)
        source.text += fmt::format("Connect:10.{}.{} RELAY\nFrom:spam{}.example REJECT\n", i / 250,
                                   i % 250, i);
    return source;
}

void compile_all(benchmark::State& state)
{
    const std::array sources = {virtusers(), aliases(), mailers()};
    const std::array tables = {Table::virtusers, Table::aliases, Table::mailers};
    std::size_t bytes = 0;
    for (auto _ : state) {
        bytes = 0;
        for (std::size_t i = 0; i < tables.size(); ++i)
            bytes += compile(tables[i], {&sources[i], 1}).image.size();
    }
    state.counters["image_bytes"] = static_cast<double>(bytes);
}
BENCHMARK(compile_all)->Unit(benchmark::kMillisecond);

void open_virtusers(benchmark::State& state)
{
    const auto source = virtusers();
    const auto compiled = compile(Table::virtusers, {&source, 1});
    for (auto _ : state)
        benchmark::DoNotOptimize(Image::open(compiled.image));
}
BENCHMARK(open_virtusers)->Unit(benchmark::kMillisecond);

/// In an order that no cache foresees.
void find_virtuser(benchmark::State& state)
{
    const auto source = virtusers();
    const auto compiled = compile(Table::virtusers, {&source, 1});
    const auto image = *Image::open(compiled.image);
    std::vector<std::string> keys;
    for (unsigned i = 0; i < 65'536; ++i) {
        const auto user = i * 7919u % users;
        keys.push_back(fmt::format("user{}@domain{}.example", user, user % domains));
    }
    std::size_t i = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(image.find(keys[i++ % keys.size()])->item(0));
}
BENCHMARK(find_virtuser);

void miss_virtuser(benchmark::State& state)
{
    const auto source = virtusers();
    const auto compiled = compile(Table::virtusers, {&source, 1});
    const auto image = *Image::open(compiled.image);
    for (auto _ : state)
        benchmark::DoNotOptimize(image.find("nobody@domain17.example"));
}
BENCHMARK(miss_virtuser);

void find_client(benchmark::State& state)
{
    const auto source = access();
    const auto compiled = compile(Table::access, {&source, 1});
    const auto image = *Image::open(compiled.image);
    for (auto _ : state)
        benchmark::DoNotOptimize(find_network(image, "connect:", "10.7.9.200"));
}
BENCHMARK(find_client);

} // namespace
