// SPDX-License-Identifier: Apache-2.0
// benches: mail
// What is parsed of each letter: addresses and its header.
#include "mail/address.hpp"
#include "mail/header_block.hpp"

#include <benchmark/benchmark.h>
#include <string>

namespace {

using namespace posthouse::mail;

std::string letter(std::size_t body_bytes)
{
    std::string text;
    for (int hop = 0; hop < 4; ++hop)
        text += "Received: from mx1.example.net (mx1.example.net [192.0.2.1])\r\n"
                "\tby mx.example.org with ESMTPS id 4f2k9x for <bob@example.org>;\r\n"
                "\tSun, 22 Nov 2026 04:26:18 +0000\r\n";
    text += "From: \"Alice Liddell\" <alice@example.net>\r\n"
            "To: Bob <bob@example.org>, Carol <carol@example.org>\r\n"
            "Subject: =?UTF-8?Q?The_first_letter?=\r\n"
            "Date: Sun, 22 Nov 2026 04:26:17 +0000\r\n"
            "Message-ID: <20261122042617.1234@example.net>\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n\r\n";
    const auto header_bytes = text.size();
    while (text.size() < header_bytes + body_bytes)
        text += "A line of a letter, about as long as lines of letters usually are today.\r\n";
    return text;
}

void parse_mailbox(benchmark::State& state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(Mailbox::parse("bob.builder+tag@mail.example.net"));
}
BENCHMARK(parse_mailbox);

void parse_header(benchmark::State& state)
{
    const auto text = letter(0);
    for (auto _ : state)
        benchmark::DoNotOptimize(HeaderBlock::parse(text));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(parse_header);

} // namespace
