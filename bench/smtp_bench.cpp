// SPDX-License-Identifier: Apache-2.0
// benches: smtp
// The server's command parser, and the decoder of mail data: clean, and full of dots.
#include "smtp/command.hpp"
#include "smtp/data_decoder.hpp"

#include <benchmark/benchmark.h>
#include <string>

namespace {

using namespace posthouse::smtp;

void parse_commands(benchmark::State& state)
{
    for (auto _ : state) {
        benchmark::DoNotOptimize(parse_command("EHLO mx.example.org"));
        benchmark::DoNotOptimize(
            parse_command("MAIL FROM:<alice@example.org> SIZE=4096 BODY=8BITMIME"));
        benchmark::DoNotOptimize(parse_command("RCPT TO:<bob.builder+tag@example.net>"));
        benchmark::DoNotOptimize(parse_command("DATA"));
    }
    state.SetItemsProcessed(state.iterations() * 4);
}
BENCHMARK(parse_commands);

std::string letter(std::string_view line, std::size_t bytes)
{
    std::string text;
    while (text.size() < bytes)
        text += line;
    return text += ".\r\n";
}

void decode(benchmark::State& state, std::string_view line)
{
    const auto wire = letter(line, static_cast<std::size_t>(state.range(0)));
    std::string text;
    for (auto _ : state) {
        text.clear();
        DataDecoder decoder;
        benchmark::DoNotOptimize(decoder.feed(wire, text));
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(wire.size()));
}
BENCHMARK_CAPTURE(decode, text,
                  "A line of a letter, about as long as lines of letters usually are today.\r\n")
    ->Arg(4096)
    ->Arg(65536);
BENCHMARK_CAPTURE(decode, stuffed_dots, "..\r\n")->Arg(65536);

} // namespace
