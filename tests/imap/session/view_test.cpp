// SPDX-License-Identifier: Apache-2.0
#include "imap/session/view.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <vector>

namespace posthouse::imap {
namespace {

mail::UidSet set_of(const std::vector<std::uint32_t>& uids)
{
    mail::UidSet set;
    for (const auto uid : uids)
        set.add(uid);
    return set;
}

TEST(ImapView, NumbersMessagesInTheirOrder)
{
    View view({set_of({3, 4, 9}), 12, 7, 4});
    EXPECT_EQ(view.exists(), 3U);
    EXPECT_EQ(view.recent(), 2U);
    EXPECT_EQ(view.uids_of(set_of({1, 3})), set_of({3, 9}));
    EXPECT_EQ(view.uids_of(set_of({4, 5})), mail::UidSet());
    EXPECT_EQ(view.numbers_of(set_of({1, 4, 9, 10})), set_of({2, 3}));
}

TEST(ImapView, CountsWhatVanishedUntilItIsTold)
{
    View view({set_of({1, 2, 3, 4, 5}), 6, 1, 0});
    view.vanish(set_of({2, 4, 77}));
    EXPECT_EQ(view.exists(), 5U);
    std::string told;
    EXPECT_TRUE(view.tell_vanished(told, View::Form::expunge, 1000));
    EXPECT_EQ(told, "* 2 EXPUNGE\r\n* 3 EXPUNGE\r\n");
    EXPECT_EQ(view.uids(), set_of({1, 3, 5}));
}

TEST(ImapView, TellsUidsOfWhatVanishedInOneLine)
{
    View view({mail::UidSet::range(1, 100), 101, 1, 0});
    view.vanish(set_of({2, 3, 4, 50}));
    std::string told;
    EXPECT_TRUE(view.tell_vanished(told, View::Form::vanished, 1000));
    EXPECT_EQ(told, "* VANISHED 2:4,50\r\n");
}

TEST(ImapView, TellsOfManyInParts)
{
    View view({mail::UidSet::range(1, 10'000), 10'001, 1, 0});
    view.vanish(mail::UidSet::range(1, 10'000));
    std::string told;
    EXPECT_FALSE(view.tell_vanished(told, View::Form::expunge, 100));
    EXPECT_LT(told.size(), 200U);
    while (!view.tell_vanished(told, View::Form::expunge, 100)) {
    }
    EXPECT_EQ(view.exists(), 0U);
    EXPECT_EQ(std::ranges::count(told, '\n'), 10'000);
}

TEST(ImapView, InsertsNoMessageThatComesBackBetweenOthers)
{
    View view({set_of({1, 2, 3}), 4, 1, 0});
    view.vanish(set_of({2}));
    EXPECT_FALSE(view.arrive(2)); // Its going was not told: it never went.
    EXPECT_TRUE(view.vanished().empty());
    view.vanish(set_of({2}));
    std::string told;
    view.tell_vanished(told, View::Form::expunge, 100);
    EXPECT_FALSE(view.arrive(2));
    EXPECT_EQ(view.uids(), set_of({1, 3}));
    EXPECT_TRUE(view.arrive(4));
}

TEST(ImapView, ForgetsItsOwnChangesOnceTheyArePassed)
{
    View view({{}, 1, 10, 0});
    view.made({8, 10, 11, 13});
    EXPECT_FALSE(view.is_own(8)) << "told long ago";
    EXPECT_TRUE(view.is_own(11) && view.is_own(13)) << "one command, several commits";
    EXPECT_FALSE(view.is_own(12));
    view.reach(13, 1);
    EXPECT_FALSE(view.is_own(13));
    view.made({12});
    EXPECT_FALSE(view.is_own(12));
    EXPECT_EQ(view.own_changes(), 0U);
}

TEST(ImapView, HoldsTheLargestUid)
{
    constexpr auto largest = std::numeric_limits<std::uint32_t>::max() - 1;
    View view({set_of({largest}), 1, 1, 0});
    EXPECT_EQ(view.uids_of(set_of({1})), set_of({largest}));
}

// A client that applies the responses to its own list has the server's view at each moment.
/** UIDs from 1 to below `end`. Made from a list with repetitions: a set asked for more elements than there are numbers is
    never found. */
rc::Gen<std::set<std::uint32_t>> some_uids(std::uint32_t end)
{
    return rc::gen::map(rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange(1U, end)),
        [](const std::vector<std::uint32_t> & uids) { return std::set<std::uint32_t>(uids.begin(), uids.end()); });
}

RC_GTEST_PROP(ImapView, AgreesWithAListThatFollowsTheResponses, ())
{
    const auto uids = *some_uids(60);
    std::vector<std::uint32_t> client(uids.begin(), uids.end());
    View view({set_of(client), client.empty() ? 1U : client.back() + 1, 1, 0});
    for (int step = 0; step < 20; ++step) {
        if (*rc::gen::arbitrary<bool>()) {
            const auto uid = view.uid_next() + *rc::gen::inRange(0U, 3U);
            RC_ASSERT(view.arrive(uid));
            client.push_back(uid);
        }
        const auto gone = *some_uids(90);
        view.vanish(set_of({gone.begin(), gone.end()}));
        RC_ASSERT(view.exists() == client.size());
        if (*rc::gen::arbitrary<bool>()) {
            std::string told;
            const auto most = *rc::gen::inRange<std::size_t>(1, 60);
            view.tell_vanished(told, View::Form::expunge, most);
            std::size_t at = 0;
            while (at < told.size()) {
                const auto number = std::stoul(told.substr(at + 2));
                RC_ASSERT(number >= 1 && number <= client.size());
                client.erase(client.begin() + static_cast<std::ptrdiff_t>(number) - 1);
                at = told.find('\n', at) + 1;
            }
        }
        RC_ASSERT(view.uids() == set_of(client));
        View::Numbers numbers(view);
        for (std::size_t i = 0; i < client.size(); ++i) {
            RC_ASSERT(numbers.of(client[i]) == i + 1);
            const auto number = static_cast<std::uint32_t>(i + 1);
            RC_ASSERT(view.uids_of(set_of({number})) == set_of({client[i]}));
        }
    }
}

} // namespace
} // namespace posthouse::imap
