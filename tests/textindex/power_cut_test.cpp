// SPDX-License-Identifier: Apache-2.0
// The power goes before and after each commit in turn: what the index then says is true, and what
// was acknowledged is known.
#include "tests/textindex/rig.hpp"
#include "textindex/rows.hpp"

#include <algorithm>

namespace posthouse::textindex {
namespace {

using namespace tests;

constexpr std::uint64_t letters_of_a_day = 26;

std::string body_of(std::uint64_t email)
{
    return "word" + std::to_string(email) + " odd" + std::to_string(email % 2) + " 文" +
           std::string(email % 3 == 0 ? "字" : "章");
}

/// Stops at the first error, as the process would. Up to which email adding was acknowledged.
std::uint64_t live(Rig& rig)
{
    std::uint64_t known = 0;
    for (std::uint64_t email = 1; email <= letters_of_a_day; ++email) {
        if (!rig.add(email, body_of(email)))
            return known;
        known = email;
        if (email % 8 == 0 && !rig.tidy())
            return known;
        if (email == 16) {
            EmailSet some;
            some.add(1, 12);
            rig.index->forget(some);
        }
    }
    return known;
}

void check(Rig& rig, std::uint64_t known)
{
    ASSERT_TRUE(rig.index);
    const auto may_be_gone = [](std::uint64_t email) { return email <= 12; };
    const auto odd = rig.look_up("odd1");
    const auto sign = rig.look_up("文字");
    for (std::uint64_t email = 1; email <= letters_of_a_day; ++email) {
        if (email <= known && !may_be_gone(email))
            EXPECT_TRUE(rig.index->knows(email)) << email;
        const auto word = rig.look_up(body_of(email).substr(0, body_of(email).find(' ')) + " ");
        for (std::uint64_t each = 1; each <= letters_of_a_day; ++each) {
            if (!rig.index->knows(each)) {
                EXPECT_EQ(word.of(each), Presence::possible);
                continue;
            }
            EXPECT_EQ(word.of(each), each == email ? Presence::possible : Presence::absent);
            EXPECT_EQ(odd.of(each), each % 2 == 1 ? Presence::certain : Presence::absent);
            EXPECT_EQ(sign.of(each), each % 3 == 0 ? Presence::certain : Presence::absent);
        }
    }
}

/// Rows of segments that there are, and no others.
void expect_nothing_left_behind(Rig& rig)
{
    const auto& rows = rig.disk->partitions.at(partition_of(7).name).rows;
    const auto manifest = Manifest::unpack(rows.at(key::manifest));
    ASSERT_TRUE(manifest);
    EXPECT_TRUE(manifest->doomed.empty());
    for (const auto& [key, value] : rows)
        if (key != key::manifest)
            EXPECT_TRUE(std::ranges::any_of(manifest->segments, [&](const auto& segment) {
                return key.starts_with(key::all(key.front(), segment.id));
            })) << key.front();
}

TEST(PowerCut, NeverMakesTheIndexSayNoWhereALetterSaysYes)
{
    std::uint64_t commits = 0;
    {
        Rig rig;
        EXPECT_EQ(live(rig), letters_of_a_day);
        commits = rig.engine->commits();
        check(rig, letters_of_a_day);
    }
    ASSERT_GT(commits, 40U);
    for (std::uint64_t nth = 0; nth < commits; ++nth)
        for (const auto fault : {store::Fault::power_cut_before, store::Fault::power_cut_after}) {
            SCOPED_TRACE(nth);
            Rig rig;
            rig.engine->fail_commit(nth, fault);
            const auto known = live(rig);
            EXPECT_LE(known, letters_of_a_day);
            rig.reopen();
            check(rig, known);
            // And it goes on.
            for (std::uint64_t email = 1; email <= letters_of_a_day; ++email)
                if (!rig.index->knows(email))
                    ASSERT_TRUE(rig.add(email, body_of(email)));
            ASSERT_TRUE(rig.tidy());
            check(rig, letters_of_a_day);
            expect_nothing_left_behind(rig);
        }
}

/// Of one letter with so many words of its own.
std::string large_batch(std::uint64_t email)
{
    EmailSet one;
    one.add(email);
    BatchPacker packer(one, {});
    for (int i = 0; i < 5000; ++i)
        packer.add(Kind::body_word, std::to_string(100'000 + i) + "of" + std::to_string(email),
                   {0});
    return std::move(packer).finish();
}

TEST(PowerCut, InTheMiddleOfALargeMergeLeavesWhatWasThere)
{
    constexpr std::uint64_t letters = 6;
    for (std::uint64_t nth = 0;; ++nth) {
        SCOPED_TRACE(nth);
        Rig rig;
        for (std::uint64_t email = 1; email <= letters; ++email)
            ASSERT_TRUE(rig.run(rig.index->add(large_batch(email))));
        const auto before = rig.engine->commits();
        rig.engine->fail_commit(nth, nth % 2 == 0 ? store::Fault::power_cut_before
                                                  : store::Fault::power_cut_after);
        const bool whole = rig.tidy();
        const auto commits = rig.engine->commits() - before;
        if (!whole)
            rig.reopen();
        ASSERT_TRUE(rig.tidy());
        expect_nothing_left_behind(rig);
        for (std::uint64_t email = 1; email <= letters; ++email) {
            EXPECT_TRUE(rig.index->knows(email));
            const auto found = rig.look_up("103456of" + std::to_string(email));
            for (std::uint64_t each = 1; each <= letters; ++each)
                EXPECT_EQ(found.of(each), each == email ? Presence::certain : Presence::absent);
        }
        if (whole) {
            EXPECT_GT(commits, 4U);
            return;
        }
    }
}

} // namespace
} // namespace posthouse::textindex
