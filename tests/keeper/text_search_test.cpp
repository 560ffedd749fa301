// SPDX-License-Identifier: Apache-2.0
// Searches with and without the index of texts.
#include "base/text.hpp"
#include "mail/base64.hpp"
#include "mailbox/keys.hpp"
#include "tests/keeper/search_rig.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <random>

namespace posthouse::keeper {
namespace {

using imap::SearchKey;
namespace key = imap::search;
using tests::SearchRig;

constexpr auto off = "[mailboxes]\ntext_index = false\n";

std::string simple(const std::string& subject, const std::string& text)
{
    return "From: Ann <ann@example.org>\r\nSubject: " + subject +
           "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text + "\r\n";
}

TEST(TextSearch, BeginsAnIndexBehindTheFirstSearchOfATextOnly)
{
    SearchRig rig(std::make_shared<store::MemoryDisk>());
    rig.append(simple("one", "the zeppelin is on its way"));
    rig.append(simple("two", "dear reader"));
    EXPECT_EQ(rig.search({key::Header{"subject", "two"}}), "2");
    rig.wait_for_index();
    EXPECT_FALSE(rig.has_index());
    EXPECT_EQ(rig.status().state, TextIndexing::State::none);

    EXPECT_EQ(rig.search_text("zeppelin"), "1");
    EXPECT_EQ(rig.opened, 2);
    rig.wait_for_index();
    EXPECT_TRUE(rig.has_index());
    EXPECT_EQ(rig.status().state, TextIndexing::State::current);
    EXPECT_EQ(rig.status().indexed, 2U);
}

TEST(TextSearch, OpensNoLetterThatTheIndexDecidesFor)
{
    SearchRig rig(std::make_shared<store::MemoryDisk>());
    for (int i = 1; i <= 20; ++i)
        rig.append(simple("letter", i == 7 ? "the zeppelin is on its way" : "dear reader"));
    EXPECT_EQ(rig.search_text("zeppelin"), "7");
    rig.wait_for_index();
    rig.opened = 0;
    EXPECT_EQ(rig.search_text("zeppelin"), "7");
    EXPECT_EQ(rig.search({key::Not{{SearchKey{key::Text{key::Where::body, "reader"}}}}}), "7");
    EXPECT_EQ(rig.opened, 0);
    // What is new is looked at, and then known.
    rig.append(simple("letter", "another zeppelin"));
    EXPECT_EQ(rig.search_text("zeppelin"), "7,21");
    EXPECT_EQ(rig.opened, 1);
    rig.wait_for_index();
    EXPECT_EQ(rig.search_text("zeppelin"), "7,21");
    EXPECT_EQ(rig.opened, 1);
    rig.expunge(7);
    EXPECT_EQ(rig.search_text("zeppelin"), "21");
}

TEST(TextSearch, MakesNoIndexWhereItIsOff)
{
    SearchRig rig(std::make_shared<store::MemoryDisk>(), off);
    rig.append(simple("one", "the zeppelin is on its way"));
    EXPECT_EQ(rig.search_text("zeppelin"), "1");
    rig.wait_for_index();
    EXPECT_FALSE(rig.has_index());
}

TEST(TextSearch, GoesOnWithTheIndexAfterARestart)
{
    const auto disk = std::make_shared<store::MemoryDisk>();
    {
        SearchRig rig(disk);
        rig.append(simple("one", "the zeppelin is on its way"));
        EXPECT_EQ(rig.search_text("zeppelin"), "1");
        rig.wait_for_index();
    }
    SearchRig rig(disk);
    EXPECT_EQ(rig.search_text("zeppelin"), "1");
    EXPECT_EQ(rig.opened, 0);
}

TEST(TextSearch, CatchesUpByItselfWhenManyLettersHaveComeOrSomeTimeHasPassed)
{
    SearchRig rig(std::make_shared<store::MemoryDisk>());
    rig.append(simple("one", "first"));
    (void)rig.search_text("zeppelin");
    rig.wait_for_index();
    for (std::uint64_t i = 0; i < TextIndexing::Limits::due_letters - 1; ++i)
        rig.append(simple("more", "dear reader"));
    rig.wait_for_index();
    EXPECT_EQ(rig.status().indexed, 1U);
    rig.append(simple("more", "dear reader"));
    rig.wait_for_index();
    EXPECT_EQ(rig.status().indexed, 1 + TextIndexing::Limits::due_letters);

    rig.append(simple("more", "dear reader"));
    rig.mailboxes.texts().tick(Instant::clock::now() + TextIndexing::Limits::due_after / 2);
    rig.wait_for_index();
    EXPECT_EQ(rig.status().state, TextIndexing::State::behind);
    rig.mailboxes.texts().tick(Instant::clock::now() + TextIndexing::Limits::due_after);
    rig.wait_for_index();
    EXPECT_EQ(rig.status().state, TextIndexing::State::current);
}

TEST(TextSearch, ForgetsTheIndexOfAnAccountThatGoes)
{
    SearchRig rig(std::make_shared<store::MemoryDisk>());
    rig.append(simple("one", "the zeppelin is on its way"));
    (void)rig.search_text("zeppelin"); // It is being worked on.
    EXPECT_TRUE(posthouse::tests::run(rig.io, rig.mailboxes.texts().erase(SearchRig::id)));
    EXPECT_FALSE(rig.has_index());
    // Whoever still searches begins none.
    EXPECT_EQ(rig.search_text("zeppelin"), "1");
    rig.wait_for_index();
    EXPECT_FALSE(rig.has_index());
}

TEST(TextSearch, IsMadeAnewOnRequest)
{
    SearchRig rig(std::make_shared<store::MemoryDisk>());
    rig.append(simple("one", "the zeppelin is on its way"));
    (void)rig.search_text("zeppelin");
    rig.wait_for_index();
    EXPECT_TRUE(posthouse::tests::run(rig.io, rig.mailboxes.texts().rebuild(rig.account())));
    rig.wait_for_index();
    EXPECT_EQ(rig.status().indexed, 1U);
    rig.opened = 0;
    EXPECT_EQ(rig.search_text("zeppelin"), "1");
    EXPECT_EQ(rig.opened, 0);
}

// ---- with and without it the answer is the same ----------------------------------------------

using Chance = std::mt19937;

const std::string& pick(const std::vector<std::string>& from, Chance& chance)
{
    return from[chance() % from.size()];
}

const std::vector<std::string>& texts()
{
    static const std::vector<std::string> all = {
        "The Zeppelin's way",
        "明天的会议在北京大学举行",
        "โรงเรียนอยู่ใกล้บ้าน",
        "Straße nach Zürich",
        "東京タワーへ行きましょう",
        "한국어 편지를 보냅니다",
        "e\u0301cole or école",
        "foo_bar-baz@example.org",
        "１２３ ABC 123",
        "don't stop",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "ΌΣΟΣ ὅσος",
        "x",
        "中",
        "a中b文c",
        "ﬁne print",
        "-- \r\n",
        "привет, мир!",
    };
    return all;
}

std::string some_text(Chance& chance)
{
    std::string text;
    for (auto words = chance() % 4 + 1; words > 0; --words) {
        text += pick(texts(), chance);
        text += chance() % 3 == 0 ? "" : chance() % 4 == 0 ? "\r\n" : " ";
    }
    return text;
}

std::string one_line(std::string text)
{
    std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
    return text;
}

std::string encoded_word(const std::string& text)
{
    return "=?utf-8?B?" + mail::base64(one_line(text)) + "?=";
}

std::string part(Chance& chance)
{
    const auto text = some_text(chance);
    switch (chance() % 5) {
    case 0:
        return "Content-Type: text/plain; charset=utf-8\r\n\r\n" + text + "\r\n";
    case 1:
        return "Content-Type: text/html; charset=utf-8\r\n\r\n<p title=\"hidden\">" +
               text.substr(0, 3) + "<b>" + text.substr(std::min<std::size_t>(3, text.size())) +
               "</b><br>end\r\n";
    case 2:
        return "Content-Type: text/plain; charset=utf-8\r\n"
               "Content-Transfer-Encoding: base64\r\n\r\n" +
               mail::base64(text) + "\r\n";
    case 3:
        return "Content-Type: application/pdf; name=\"=?utf-8?B?" +
               mail::base64(one_line(pick(texts(), chance))) +
               "?=\"\r\nContent-Description: " + encoded_word(some_text(chance)) + "\r\n\r\n" +
               text + "\r\n";
    default:
        return "Content-Type: message/rfc822\r\n\r\n" + simple(encoded_word(text), text);
    }
}

std::string random_letter(Chance& chance)
{
    const auto subject = some_text(chance);
    std::string head = "From: " + encoded_word(pick(texts(), chance)) +
                       " <someone@example.org>\r\nSubject: " +
                       (chance() % 2 == 0 ? encoded_word(subject) : one_line(subject)) + "\r\n";
    if (chance() % 3 == 0)
        return head + "X-Note: " + one_line(some_text(chance)) +
               "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + some_text(chance);
    head += "Content-Type: multipart/mixed; boundary=cut\r\n\r\n";
    for (auto parts = chance() % 3 + 1; parts > 0; --parts)
        head += "--cut\r\n" + part(chance);
    return head + "--cut--\r\n";
}

/// A piece of the texts, whole characters, perhaps in another case.
std::string random_needle(Chance& chance)
{
    const auto text = chance() % 8 == 0 ? one_line(some_text(chance)) : pick(texts(), chance);
    const auto continues = [&](std::size_t at) {
        return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
    };
    std::size_t from = chance() % text.size();
    while (continues(from))
        --from;
    std::size_t to = from + 1 + chance() % (text.size() - from);
    while (continues(to))
        ++to;
    auto needle = text.substr(from, to - from);
    return chance() % 3 == 0 ? uppercase(needle) : needle;
}

SearchKey random_program(Chance& chance, int depth)
{
    const auto children = [&](std::size_t count) {
        std::vector<SearchKey> keys;
        for (; count > 0; --count)
            keys.push_back(random_program(chance, depth - 1));
        return keys;
    };
    switch (depth == 0 ? 4 + chance() % 6 : chance() % 10) {
    case 0:
        return {key::Not{children(1)}};
    case 1:
        return {key::Or{children(2)}};
    case 2:
        return {key::And{children(2 + chance() % 2)}};
    case 3:
        return {key::Fuzzy{children(1)}};
    case 4:
        return {key::Header{pick({"subject", "from", "x-note"}, chance), random_needle(chance)}};
    case 5:
        return {key::Size{key::Comparison::larger, chance() % 1500}};
    case 6:
    case 7:
        return {key::Text{key::Where::body, random_needle(chance)}};
    default:
        return {key::Text{key::Where::text, random_needle(chance)}};
    }
}

TEST(TextSearch, FindsTheSameWithAndWithoutTheIndex)
{
    int found_something = 0;
    int spared = 0;
    for (unsigned seed = 1; seed <= 3; ++seed) {
        Chance chance(seed);
        SearchRig with(std::make_shared<store::MemoryDisk>());
        SearchRig without(std::make_shared<store::MemoryDisk>(), off);
        for (int phase = 0; phase < 3; ++phase) {
            for (int letters = 0; letters < 12; ++letters) {
                const auto letter = random_letter(chance);
                with.append(letter);
                without.append(letter);
            }
            if (phase > 0) {
                const auto uid = 1 + static_cast<std::uint32_t>(chance() % 24);
                with.expunge(uid);
                without.expunge(uid);
            }
            for (int programs = 0; programs < 60; ++programs) {
                if (programs == 20)
                    with.wait_for_index();
                const auto program = random_program(chance, static_cast<int>(chance() % 4));
                const auto before = std::pair(with.opened, without.opened);
                const auto expected = without.search(program);
                ASSERT_EQ(with.search(program), expected)
                    << "seed " << seed << ", phase " << phase << ", program " << programs;
                found_something += expected.empty() ? 0 : 1;
                if (programs >= 20)
                    spared += without.opened - before.second - (with.opened - before.first);
            }
        }
    }
    EXPECT_GT(found_something, 150);
    EXPECT_GT(spared, 750);
}

Task<wire::Result<wire::Answer>>
break_on_boom(SearchRig& rig, Task<wire::Result<wire::Answer>> answer, int& crashes)
{
    auto told = co_await std::move(answer);
    if (told && told->raw.contains("BOOM")) {
        ++crashes;
        rig.rig.crash_sorter();
    }
    co_return told;
}

TEST(TextSearch, FindsOutALetterThatBringsSortersDownAndLeavesItOut)
{
    SearchRig rig(std::make_shared<store::MemoryDisk>(), off);
    for (int i = 1; i <= 6; ++i)
        rig.append(simple("letter", std::string(i == 3 ? "BOOM " : "") + "zeppelin"));
    int crashes = 0;
    const auto answer = rig.rig.answer_sorter;
    rig.rig.answer_sorter = [&](const wire::Link* link, wire::Frame frame) {
        return break_on_boom(rig, answer(link, std::move(frame)), crashes);
    };
    EXPECT_EQ(rig.search_text("zeppelin"), "1:2,4:6");
    EXPECT_TRUE(rig.incomplete);
    EXPECT_GE(crashes, 2) << "with the others, and alone";
    EXPECT_LE(crashes, 6);
    const auto until_then = crashes;
    EXPECT_EQ(rig.search_text("zeppelin"), "1:2,4:6");
    EXPECT_TRUE(rig.incomplete);
    EXPECT_EQ(crashes, until_then) << "it is remembered";
    EXPECT_EQ(rig.search({key::Header{"subject", "letter"}}), "1:6") << "its summary is no harm";
    EXPECT_FALSE(rig.incomplete);
}

Task<void> count_turns(const bool& done, int& turns)
{
    const auto executor = co_await boost::asio::this_coro::executor;
    while (!done) {
        ++turns;
        co_await boost::asio::post(executor, boost::asio::use_awaitable);
    }
}

TEST(TextSearch, LetsOthersComeBetweenWhileItListsALargeAccount)
{
    constexpr std::uint32_t letters = 40'000;
    const auto disk = std::make_shared<store::MemoryDisk>();
    {
        SearchRig rig(disk);
        rig.append(simple("letter", "the zeppelin is on its way"));
        EXPECT_EQ(rig.search_text("zeppelin"), "1");
        rig.wait_for_index();
    }
    auto& rows = disk->partitions.at(mailbox::partition_of(SearchRig::id).name).rows;
    for (std::uint32_t first = 0; first < letters; first += mailbox::key::page_uids) {
        std::vector<mailbox::Entry> entries;
        for (auto uid = std::max(first, 2U); uid < first + mailbox::key::page_uids; ++uid)
            if (uid < letters) {
                entries.emplace_back().uid = uid;
                entries.back().email = 2 + std::uint64_t{uid} * 7919 % 40'009; // in no order
            }
        rows[mailbox::key::page(mailbox::inbox, first / mailbox::key::page_uids)] =
            mail::packed_entries(entries);
    }
    SearchRig rig(disk);
    bool done = false;
    int turns = 0;
    boost::asio::co_spawn(rig.io, count_turns(done, turns), boost::asio::detached);
    EXPECT_EQ(rig.status().letters, letters - 2);
    done = true;
    EXPECT_GE(turns, 44) << "some 5,000 a turn, to list, to sort and to compare";
    rig.io.poll();
}

} // namespace
} // namespace posthouse::keeper
