// SPDX-License-Identifier: Apache-2.0
// benches: imap mail
// What filing and searching do with a whole letter: its parts, its index, its text.
#include "imap/index_message.hpp"
#include "mail/base64.hpp"
#include "mail/charset.hpp"
#include "mail/content_encoding.hpp"
#include "mail/fold.hpp"
#include "mail/text_extract.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace posthouse;
using namespace posthouse::mail;

const std::string header = "Received: from mx1.example.net (mx1.example.net [192.0.2.1])\r\n"
                           "\tby mx.example.org with ESMTPS id 4f2k9x for <bob@example.org>;\r\n"
                           "\tSun, 22 Nov 2026 04:26:18 +0000\r\n"
                           "From: \"Alice Liddell\" <alice@example.net>\r\n"
                           "To: Bob <bob@example.org>, Carol <carol@example.org>\r\n"
                           "Subject: Re: =?UTF-8?Q?The_first_letter?=\r\n"
                           "Date: Sun, 22 Nov 2026 04:26:17 +0000\r\n"
                           "Message-ID: <20261122042617.1234@example.net>\r\n"
                           "References: <1@example.net> <2@example.net>\r\n"
                           "MIME-Version: 1.0\r\n";

std::string lines(std::size_t bytes)
{
    std::string text;
    while (text.size() < bytes)
        text += "A line of a letter, about as long as lines of letters usually are today.\r\n";
    return text;
}

std::string plain_letter(std::size_t bytes)
{
    return header + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + lines(bytes);
}

/// A text, the same in HTML, and a file, as most letters are.
std::string usual_letter(std::size_t bytes)
{
    std::string html = "<html><body>";
    while (html.size() < 6000)
        html += "<p style=\"margin:0\">Gr\u00fc\u00dfe, <b>dear</b> friend&nbsp;&ndash; a "
                "line.</p>\r\n";
    return header +
           "Content-Type: multipart/mixed; boundary=\"=_outer\"\r\n\r\n--=_outer\r\n"
           "Content-Type: multipart/alternative; boundary=\"=_inner\"\r\n\r\n--=_inner\r\n"
           "Content-Type: text/plain; charset=utf-8\r\n\r\n" +
           lines(3000) +
           "\r\n--=_inner\r\nContent-Type: text/html; charset=utf-8\r\n"
           "Content-Transfer-Encoding: quoted-printable\r\n\r\n" +
           encode_quoted_printable(html) +
           "\r\n--=_inner--\r\n--=_outer\r\nContent-Type: application/pdf; name=\"report.pdf\"\r\n"
           "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\n" +
           base64_lines(std::string(bytes / 4 * 3, '\x5a')) + "\r\n--=_outer--\r\n";
}

std::string letter(const benchmark::State& state)
{
    const auto bytes = static_cast<std::size_t>(state.range(1));
    return state.range(0) == 0 ? plain_letter(bytes) : usual_letter(bytes);
}

template <class F>
void run(benchmark::State& state, const std::string& text, F&& work)
{
    for (auto _ : state)
        work(text);
    state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}

void parse(benchmark::State& state)
{
    run(state, letter(state),
        [](std::string_view text) { benchmark::DoNotOptimize(parse_mime(text)); });
}
BENCHMARK(parse)->ArgsProduct({{0, 1}, {4 << 10, 200 << 10, 20 << 20}});

void index(benchmark::State& state)
{
    run(state, letter(state),
        [](std::string_view text) { benchmark::DoNotOptimize(imap::index_message(text)); });
}
BENCHMARK(index)->ArgsProduct({{0, 1}, {4 << 10, 200 << 10, 20 << 20}});

void extract_and_search(benchmark::State& state)
{
    run(state, letter(state), [](std::string_view text) {
        FoldedSearch search({"not in any of them"});
        extract_text(text, parse_mime(text), {}, [&](const TextPiece& piece) {
            search.append(piece.text);
            return Go::on;
        });
        benchmark::DoNotOptimize(search.found());
    });
}
BENCHMARK(extract_and_search)->ArgsProduct({{0, 1}, {4 << 10, 200 << 10}});

void decode_charset(benchmark::State& state, const char* label, const char* character)
{
    std::string text;
    while (text.size() < 100'000)
        text += character;
    run(state, text,
        [label](std::string_view bytes) { benchmark::DoNotOptimize(to_utf8(bytes, label)); });
}
BENCHMARK_CAPTURE(decode_charset, utf8, "utf-8", "\u4e2d\u6587 ");
BENCHMARK_CAPTURE(decode_charset, gb18030, "gb2312", "\xd6\xd0\xce\xc4 ");
BENCHMARK_CAPTURE(decode_charset, iso_2022_jp, "iso-2022-jp", "\x1b$BF|K\\8l\x1b(B ");

void fold_text(benchmark::State& state, const char* character)
{
    std::string text;
    while (text.size() < 100'000)
        text += character;
    run(state, text, [](std::string_view words) { benchmark::DoNotOptimize(fold(words)); });
}
BENCHMARK_CAPTURE(fold_text, english, "The Letters ");
BENCHMARK_CAPTURE(fold_text, german, "Gr\u00fc\u00dfe aus M\u00fcnchen ");
BENCHMARK_CAPTURE(fold_text, chinese, "\u660e\u5929\u7684\u4f1a\u8bae");

} // namespace
