// SPDX-License-Identifier: Apache-2.0
// Letters that sorters cut for the index, and what a sorter can do wrong.
#include "keeper/text_cutting.hpp"
#include "sorter/serve.hpp"
#include "tests/keeper/search_rig.hpp"
#include "tests/wire/link_pair.hpp"
#include "textindex/letter_cutter.hpp"

namespace posthouse::keeper {
namespace {

using wire::Method;

/// Sorters of our own, besides the rig's: they break on a word.
struct Cutters {
    Cutters() { connect(); }
    ~Cutters()
    {
        for (const auto& pair : pairs) {
            pair->ours->close();
            pair->theirs->close();
        }
        rig.io.poll();
    }

    void connect()
    {
        wire::Link::Options near, far;
        near.handler = [this](std::shared_ptr<wire::Link> link, wire::Frame frame) {
            return read_on(std::move(link), std::move(frame));
        };
        far.handler = [this](std::shared_ptr<wire::Link> link, wire::Frame frame) {
            return work(std::move(link), std::move(frame));
        };
        pairs.push_back(
            std::make_unique<posthouse::tests::LinkPair>(rig.io, std::move(near), std::move(far)));
        sorters.linked("sorter/0", pairs.back()->ours);
    }

    Task<wire::Result<wire::Answer>> read_on(std::shared_ptr<wire::Link> link, wire::Frame frame)
    {
        const auto request = wire::parse<wire::ReadLetter>(frame.message);
        if (!request)
            co_return std::unexpected(wire::Failure::invalid);
        ++pieces;
        // Another sorter, and another job, get nothing of it.
        EXPECT_FALSE(co_await cutting.read_on(nullptr, *request));
        auto other = *request;
        other.set_letter(request->letter() + 1);
        EXPECT_FALSE(co_await cutting.read_on(link.get(), other));
        co_return co_await cutting.read_on(link.get(), *request);
    }

    Task<wire::Result<wire::Answer>> work(std::shared_ptr<wire::Link> link, wire::Frame frame)
    {
        EXPECT_EQ(frame.head.method, Method::cut_words);
        ++calls;
        if (about != 0) {
            textindex::LetterCutter cutter;
            cutter.add(about, frame.raw);
            wire::WordsCut cut;
            cut.set_letters(1);
            co_return wire::answer_with(cut, cutter.finish());
        }
        if (frame.raw.contains("BOOM")) {
            ++crashes;
            sorters.unlinked("sorter/0", pairs.back()->ours.get());
            sorters.ended("sorter/0", crash);
            pairs.back()->ours->close();
            connect();
            co_return std::unexpected(wire::Failure::closed);
        }
        co_return co_await sorter::serve(std::make_shared<const sorter::Handbook>(
                                             routing::Rules{.hostname = *mail::Domain::parse("x")}),
                                         std::move(link), std::move(frame));
    }

    bool add(std::deque<std::uint64_t> emails)
    {
        return posthouse::tests::run(rig.io, add_all(rig.account(), std::move(emails)));
    }
    Task<bool> add_all(std::shared_ptr<mailbox::Account> account, std::deque<std::uint64_t> emails)
    {
        while (!emails.empty())
            if (!co_await cutting.add_some(account, index, emails))
                co_return false;
        co_return true;
    }
    textindex::Presence presence(std::uint64_t email, const std::string& text)
    {
        return posthouse::tests::run(rig.io,
                                     index->look_up(textindex::Within::whole, mail::fold(text)))
            .of(email);
    }

    tests::SearchRig rig{std::make_shared<store::MemoryDisk>()};
    Workers sorters{rig.io.get_executor(), 4};
    TextCutting cutting{rig.rig.office, sorters};
    TextCutting::Index index = *posthouse::tests::run(
        rig.io, textindex::TextIndex::open(rig.engine, textindex::partition_of(7)));
    std::vector<std::unique_ptr<posthouse::tests::LinkPair>> pairs;
    int calls = 0, crashes = 0, pieces = 0;
    std::uint64_t about = 0; ///< the letter that a hostile one speaks of
    bool crash = true;
};

std::string letter(const std::string& text)
{
    return "Subject: x\r\n\r\n" + text + "\r\n";
}

using textindex::Presence;

TEST(TextCutting, AddsManySmallLettersAtATime)
{
    Cutters cutters;
    for (int i = 0; i < 20; ++i)
        cutters.rig.append(letter("zeppelin"));
    EXPECT_TRUE(cutters.add({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18}));
    EXPECT_EQ(cutters.calls, 1);
    EXPECT_EQ(cutters.presence(18, "zeppelin"), Presence::certain);
    EXPECT_EQ(cutters.presence(18, "aeroplane"), Presence::absent);
    EXPECT_EQ(cutters.presence(19, "aeroplane"), Presence::possible);
}

TEST(TextCutting, HandsALargeLetterOverInPieces)
{
    Cutters cutters;
    std::string text;
    while (text.size() < 5 * TextCutting::Limits::piece / 2)
        text += "seventy characters of a letter that would not fit a frame, line by line\r\n";
    cutters.rig.append(letter("zeppelin"));
    cutters.rig.append(letter(text + "zeppelin"));
    cutters.rig.append(letter("aeroplane"));
    EXPECT_TRUE(cutters.add({1, 2, 3}));
    EXPECT_EQ(cutters.calls, 3);
    EXPECT_EQ(cutters.pieces, 3);
    EXPECT_EQ(cutters.presence(2, "zeppelin"), Presence::certain);
    EXPECT_EQ(cutters.presence(2, "aeroplane"), Presence::absent);
    EXPECT_EQ(cutters.presence(3, "aeroplane"), Presence::certain);
}

TEST(TextCutting, LeavesALetterOutThatBringsItsSorterDownAndNoOther)
{
    Cutters cutters;
    cutters.rig.append(letter("zeppelin"));
    cutters.rig.append(letter("zeppelin BOOM"));
    cutters.rig.append(letter("aeroplane"));
    EXPECT_TRUE(cutters.add({1, 2, 3}));
    EXPECT_EQ(cutters.crashes, 1 + TextCutting::Limits::attempts);
    EXPECT_EQ(cutters.presence(1, "aeroplane"), Presence::absent);
    EXPECT_EQ(cutters.presence(2, "aeroplane"), Presence::possible);
    EXPECT_EQ(cutters.presence(3, "aeroplane"), Presence::certain);
    EXPECT_TRUE(cutters.index->knows(2)); // It is not tried in circles.
}

TEST(TextCutting, WaitsForAnotherTimeWhenASorterIsStopped)
{
    Cutters cutters;
    cutters.crash = false;
    cutters.rig.append(letter("zeppelin BOOM"));
    EXPECT_FALSE(cutters.add({1}));
    EXPECT_FALSE(cutters.index->knows(1));
}

TEST(TextCutting, TakesNoWordOfASorterAboutOtherLettersThanItsOwn)
{
    Cutters cutters;
    cutters.about = 3;
    cutters.rig.append(letter("zeppelin"));
    cutters.rig.append(letter("zeppelin"));
    EXPECT_TRUE(cutters.add({1, 2}));
    EXPECT_FALSE(cutters.index->knows(3));
    EXPECT_EQ(cutters.presence(1, "zeppelin"), Presence::possible);
    EXPECT_EQ(cutters.presence(2, "zeppelin"), Presence::possible);
    EXPECT_TRUE(cutters.index->knows(2)); // It is not tried in circles.
}

TEST(TextCutting, PassesOverLettersThatAreGone)
{
    Cutters cutters;
    cutters.rig.append(letter("zeppelin"));
    cutters.rig.append(letter("zeppelin"));
    cutters.rig.expunge(1);
    EXPECT_TRUE(cutters.add({1, 2, 77}));
    EXPECT_FALSE(cutters.index->knows(1));
    EXPECT_TRUE(cutters.index->knows(2));
}

} // namespace
} // namespace posthouse::keeper
