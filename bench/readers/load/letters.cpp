// SPDX-License-Identifier: Apache-2.0
#include "letters.hpp"

#include <array>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <random>
#include <string_view>

namespace posthouse::load {

namespace {

constexpr std::array<std::string_view, 64> WORDS{
    "the",     "of",       "and",     "to",       "a",       "in",      "that",     "is",
    "for",     "it",       "was",     "on",       "with",    "as",      "meeting",  "invoice",
    "project", "delivery", "please",  "regards",  "budget",  "order",   "customer", "office",
    "monday",  "schedule", "review",  "contract", "number",  "address", "system",   "server",
    "letter",  "morning",  "answer",  "question", "report",  "travel",  "ticket",   "payment",
    "factory", "station",  "harbour", "garden",   "library", "window",  "kitchen",  "bridge",
    "machine", "engine",   "copper",  "silver",   "winter",  "summer",  "autumn",   "spring",
    "Straße",  "naïve",    "Zürich",  "café",     "piñata",  "Łódź",    "smörgås",  "Ærø"};
constexpr std::array<std::string_view, 12> NAMES{
    "Alice Meyer", "Bob Jones",   "Carol Nowak", "Dan Svensson", "Erika Mann", "Frank Weber",
    "Grace Hall",  "Henri Blanc", "Ines Costa",  "Jan Kowal",    "Kim Lee",    "Lena Fischer"};
constexpr std::string_view BASE64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

using Chance = std::minstd_rand;

/** Frequent words come first in the list, as in a language. */
std::string_view word(Chance& chance)
{
    const double share = static_cast<double>(chance()) / static_cast<double>(Chance::max());
    return WORDS[static_cast<std::size_t>(share * share * (WORDS.size() - 0.01))];
}

void add_words(std::string& text, std::uint64_t until_bytes, Chance& chance)
{
    std::size_t column = 0;
    while (text.size() + 2 < until_bytes) {
        const auto next = word(chance);
        text += next;
        column += next.size() + 1;
        if (column > 68) {
            text += "\r\n";
            column = 0;
        } else {
            text += ' ';
        }
    }
    text += "\r\n";
}

void add_base64(std::string& text, std::uint64_t until_bytes, Chance& chance)
{
    while (text.size() + 78 < until_bytes) {
        for (int quarter = 0; quarter < 19; ++quarter) { // 76 characters, four from each number
            auto bits = chance();
            for (int i = 0; i < 4; ++i, bits >>= 6) {
                text += BASE64[bits & 63];
            }
        }
        text += "\r\n";
    }
}

std::string subject(std::uint64_t number, Chance& chance)
{
    const auto about =
        fmt::format("{} {} {}", WORDS[14 + chance() % 40], WORDS[14 + chance() % 40], number);
    if (number % 100 == 0) {
        return "quarterly " + about;
    }
    return number % 7 == 0 ? "=?utf-8?Q?Gr=C3=BC=C3=9Fe_aus_Z=C3=BCrich?= " + about : about;
}

std::string header(std::uint64_t number, Chance& chance)
{
    const auto from = NAMES[chance() % NAMES.size()], to = NAMES[chance() % NAMES.size()];
    std::string text;
    for (int hop = 0; hop < 3; ++hop) {
        fmt::format_to(
            std::back_inserter(text),
            "Received: from relay{0}.example.test (relay{0}.example.test [192.0.2.{0}])\r\n"
            "\tby mx{0}.bench.test with ESMTPS id {1:x}{0};\r\n\tMon, {2:02} Jan 2023 "
            "{3:02}:{4:02}:05 +0000\r\n",
            hop + 1, number, number % 28 + 1, number % 24, number % 60);
    }
    fmt::format_to(std::back_inserter(text),
                   "From: \"{}\" <sender{}@example.test>\r\nTo: \"{}\" <reader@bench.test>, "
                   "team{}@bench.test\r\n"
                   "Subject: {}\r\nDate: Mon, {:02} Jan 2023 {:02}:{:02}:05 +0100\r\nMessage-ID: "
                   "<{:09}.{:08x}@example.test>\r\n",
                   from, number % 97, to, number % 13, subject(number, chance), number % 28 + 1,
                   number % 24, number % 60, number, chance());
    if (number % 3 == 1) {
        fmt::format_to(std::back_inserter(text),
                       "In-Reply-To: <{0}@example.test>\r\nReferences: <{0}@example.test>\r\n",
                       number - 1);
    }
    return text + "X-Mailer: bench 1\r\nMIME-Version: 1.0\r\n";
}

std::uint64_t size_of(const Sizes& sizes, Chance& chance)
{
    const double share = static_cast<double>(chance()) / static_cast<double>(Chance::max());
    const double ratio =
        static_cast<double>(sizes.most_bytes) / static_cast<double>(sizes.least_bytes);
    return static_cast<std::uint64_t>(static_cast<double>(sizes.least_bytes) *
                                      std::pow(ratio, share));
}

} // namespace

std::string letter(std::uint64_t number, const Sizes& sizes)
{
    Chance chance(static_cast<Chance::result_type>(number * 2654435761U + 17));
    chance.discard(4); // The first are alike for numbers that are alike.
    const auto size = size_of(sizes, chance);
    auto text = header(number, chance);
    const std::string_view sign =
        number % 200 == 0 ? "The zeppelin is on its way.\r\n" : "Dear reader,\r\n";
    constexpr std::string_view PLAIN =
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
    if (size < 20 * 1024 || number % 2 == 0) {
        text.append(PLAIN).append(sign);
        add_words(text, size, chance);
        return text;
    }
    text += "Content-Type: multipart/mixed; boundary=\"=_cut_here\"\r\n\r\nA letter in "
            "parts.\r\n--=_cut_here\r\n";
    text.append(PLAIN).append(sign);
    add_words(text, size / 8, chance);
    text += "\r\n--=_cut_here\r\nContent-Type: application/pdf; name=\"figures.pdf\"\r\n"
            "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; "
            "filename=\"figures.pdf\"\r\n\r\n";
    add_base64(text, size - 20, chance);
    text += "--=_cut_here--\r\n";
    return text;
}

} // namespace posthouse::load
