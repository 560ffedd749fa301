// SPDX-License-Identifier: Apache-2.0
#include "tests/milter/rehearsal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::milter {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using Heard = std::vector<std::string>;

constexpr std::string_view letter = "Subject: hi\r\nTo:  b\r\n c\r\n\r\nline\r\n";

TEST(MilterChain, AsksAFilterAllThatThereIsInItsOrder)
{
    Rehearsal play({FakeFilter{}});
    EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::proceed));
    const auto& fake = play.fakes[0];
    EXPECT_EQ(fake.heard, (Heard{"O",
                                 std::string("C client.example\0"
                                             "4AB192.0.2.7\0",
                                             30),
                                 "H client.example", "M <a@client.example>", "R <b@here.example>",
                                 "T", "L Subject hi", "L To  b\n c", "N", "B", "E"}));
    EXPECT_EQ(fake.body, "line\r\n");
    EXPECT_EQ(play.result(), letter);
    EXPECT_THAT(play.chain.notes(), ElementsAre("filter0: accepted"));
    EXPECT_EQ(play.faults(), "");
}

TEST(MilterChain, TellsNothingBeforeTheFirstSender)
{
    Rehearsal play({FakeFilter{}});
    EXPECT_EQ(play.fakes[0].connections, 0U);
    EXPECT_FALSE(play.chain.farewell(0).terms);
}

TEST(MilterChain, GreetsOnceAndAgainOnlyAfterAnotherGreeting)
{
    Rehearsal play({FakeFilter{}});
    (void)play.send(std::string(letter));
    play.fakes[0].heard.clear();
    (void)play.mail("c@client.example");
    play.chain.abort();
    play.chain.greet({.name = "other.example", .macros = {}});
    (void)play.mail("d@client.example");
    EXPECT_EQ(play.fakes[0].heard,
              (Heard{"M <c@client.example>", "A", "H other.example", "M <d@client.example>"}));
}

TEST(MilterChain, TellsTheUsualMacrosToWhoDoesNotAsk)
{
    Rehearsal play({FakeFilter{}});
    (void)play.send(std::string(letter));
    auto& macros = play.fakes[0].macros;
    EXPECT_THAT(macros['C'],
                ElementsAre(Pair("j", "mx.example"), Pair("{client_addr}", "192.0.2.7")));
    EXPECT_THAT(macros['H'], ElementsAre(Pair("{tls_version}", "TLSv1.3")));
    EXPECT_THAT(macros['R'], ElementsAre(Pair("{rcpt_addr}", "b@here.example")));
    EXPECT_THAT(macros['E'], ElementsAre(Pair("i", "abc")));
    EXPECT_THAT(macros['L'], IsEmpty());
}

TEST(MilterChain, TellsTheMacrosThatAFilterAsksFor)
{
    FakeFilter fake;
    fake.macro_lists =
        u32(0) + texts({"{client_addr}"}) + u32(6) + texts({"i"}) + u32(5) + texts({"q"});
    Rehearsal play({fake});
    (void)play.send(std::string(letter));
    auto& macros = play.fakes[0].macros;
    EXPECT_THAT(macros['C'], ElementsAre(Pair("{client_addr}", "192.0.2.7")));
    EXPECT_THAT(macros['N'], ElementsAre(Pair("i", "abc")));
    EXPECT_THAT(macros['E'], IsEmpty());
}

TEST(MilterChain, LeavesOutWhatAFilterDoesNotWantToHear)
{
    FakeFilter fake;
    fake.steps = protocol::no_connect | protocol::no_helo | protocol::no_mail |
                 protocol::no_recipient | protocol::no_headers | protocol::no_end_of_header |
                 protocol::no_body | protocol::no_data;
    Rehearsal play({fake});
    EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::proceed));
    EXPECT_EQ(play.fakes[0].heard, (Heard{"O", "E"}));
}

TEST(MilterChain, DoesNotWaitForAnswersThatWillNotCome)
{
    FakeFilter fake;
    fake.steps = protocol::unanswered_connect | protocol::unanswered_helo |
                 protocol::unanswered_mail | protocol::unanswered_recipient |
                 protocol::unanswered_data | protocol::unanswered_header |
                 protocol::unanswered_end_of_header | protocol::unanswered_body;
    Rehearsal play({fake});
    const auto before = play.now;
    EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::proceed));
    EXPECT_EQ(play.now, before);
    EXPECT_EQ(play.fakes[0].heard.size(), 11U);
    EXPECT_EQ(play.faults(), "");
}

TEST(MilterChain, ShowsTheSpaceBehindTheColonToWhoWantsIt)
{
    FakeFilter fake;
    fake.steps = protocol::leading_space;
    Rehearsal play({fake});
    (void)play.send("A:b\r\nC: d\r\nE:  f\r\n\r\n");
    EXPECT_EQ(play.fakes[0].heard[6], "L A b");
    EXPECT_EQ(play.fakes[0].heard[7], "L C  d");
    EXPECT_EQ(play.fakes[0].heard[8], "L E   f");
}

TEST(MilterChain, SendsABodyInChunksThatTheFilterTakes)
{
    const auto body = std::string(300'000, 'x');
    for (const auto& [steps, chunks] :
         {std::pair{0U, 5}, std::pair{protocol::data_256k, 2}, std::pair{protocol::data_1m, 1}}) {
        FakeFilter fake;
        fake.steps = steps;
        Rehearsal play({fake});
        (void)play.send("A: b\r\n\r\n" + body);
        EXPECT_EQ(play.fakes[0].body, body);
        EXPECT_EQ(play.fakes[0].counts['B'], static_cast<std::size_t>(chunks));
    }
}

TEST(MilterChain, SkipsTheRestOfTheBody)
{
    FakeFilter fake;
    fake.on('B', packet('s'));
    Rehearsal play({fake});
    EXPECT_TRUE(play.send("A: b\r\n\r\n" + std::string(300'000, 'x')).is(Ruling::proceed));
    EXPECT_EQ(play.fakes[0].counts['B'], 1U);
    EXPECT_EQ(play.fakes[0].counts['E'], 1U);
}

// ---- Rulings --------------------------------------------------------------------------------

TEST(MilterChain, RefusesWhateverAStageIsRefusedAt)
{
    for (const char stage : std::string_view("CHMRTLNBE")) {
        Rehearsal play({FakeFilter().on(stage, packet('r'))});
        EXPECT_EQ(play.send(std::string(letter)), rejection()) << stage;
        Rehearsal later({FakeFilter().on(stage, packet('t'))});
        EXPECT_EQ(later.send(std::string(letter)), temporary_failure()) << stage;
        Rehearsal said({FakeFilter().on(stage, packet('y', texts({"553 5.1.2 No"})))});
        EXPECT_EQ(said.send(std::string(letter)), (Verdict{Ruling::refuse, 553, {"5.1.2 No"}}))
            << stage;
        EXPECT_EQ(play.faults() + later.faults() + said.faults(), "");
    }
}

TEST(MilterChain, RemembersARefusedClientAndForgetsARefusedSender)
{
    Rehearsal play({FakeFilter().on('C', packet('r'))});
    EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::refuse));
    EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::refuse));
    EXPECT_EQ(play.fakes[0].counts['C'], 1U);
    EXPECT_EQ(play.fakes[0].counts['M'], 0U);

    FakeFilter once;
    once.says['M'] = [](std::size_t n) { return packet(n == 0 ? 'r' : 'c'); };
    Rehearsal again({once});
    EXPECT_TRUE(again.mail("a@client.example").is(Ruling::refuse));
    EXPECT_TRUE(again.recipient("b@here.example").is(Ruling::refuse));
    EXPECT_EQ(again.fakes[0].counts['R'], 0U);
    again.chain.abort();
    EXPECT_TRUE(again.send(std::string(letter)).is(Ruling::proceed));
}

TEST(MilterChain, ForgetsARefusedGreetingWithTheNext)
{
    FakeFilter once;
    once.says['H'] = [](std::size_t n) { return packet(n == 0 ? 'r' : 'c'); };
    Rehearsal play({once});
    EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::refuse));
    EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::refuse));
    play.chain.greet({.name = "other.example", .macros = {}});
    EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::proceed));
}

TEST(MilterChain, RefusesOneRecipientAndNotTheLetter)
{
    FakeFilter fake;
    fake.says['R'] = [](std::size_t n) { return packet(n == 1 ? 'r' : 'c'); };
    Rehearsal play({fake});
    (void)play.mail("a@client.example");
    EXPECT_TRUE(play.recipient("one@here.example").is(Ruling::proceed));
    EXPECT_TRUE(play.recipient("two@here.example").is(Ruling::refuse));
    EXPECT_TRUE(play.recipient("three@here.example").is(Ruling::proceed));
    EXPECT_TRUE(play.message(std::string(letter)).is(Ruling::proceed));
    EXPECT_EQ(play.chain.draft().envelope().recipients.size(), 2U);
}

TEST(MilterChain, TellsOfRefusedRecipientsWhoeverWantsToKnow)
{
    FakeFilter curious;
    curious.steps = protocol::refused_recipients;
    Rehearsal play({FakeFilter{}, curious});
    (void)play.mail("a@client.example");
    (void)play.recipient("no@here.example", true);
    EXPECT_EQ(play.fakes[0].counts['R'], 0U);
    EXPECT_EQ(play.fakes[1].counts['R'], 1U);
}

TEST(MilterChain, LeavesAFilterAloneThatHasAccepted)
{
    for (const char stage : std::string_view("CH")) {
        Rehearsal play({FakeFilter().on(stage, packet('a'))});
        EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::proceed));
        EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::proceed));
        EXPECT_EQ(play.fakes[0].counts['M'], 0U) << stage;
    }
    for (const char stage : std::string_view("MRTLNB")) {
        Rehearsal play({FakeFilter().on(stage, packet('a')), FakeFilter{}});
        EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::proceed));
        EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::proceed));
        EXPECT_EQ(play.fakes[0].counts['E'], 0U) << stage;
        EXPECT_EQ(play.fakes[0].counts['M'], 2U) << stage;
        EXPECT_EQ(play.fakes[1].counts['E'], 2U) << stage;
    }
}

TEST(MilterChain, DiscardsAndAsksNobodyMore)
{
    for (const char stage : std::string_view("MRTLNBE")) {
        Rehearsal play({FakeFilter().on(stage, packet('d')), FakeFilter{}});
        auto verdict = play.mail("a@client.example");
        EXPECT_EQ(verdict.is(Ruling::discard), stage == 'M');
        verdict = play.recipient("b@here.example");
        EXPECT_EQ(verdict.is(Ruling::discard), stage == 'M' || stage == 'R');
        (void)play.data();
        EXPECT_TRUE(play.message(std::string(letter)).is(Ruling::discard)) << stage;
        EXPECT_EQ(play.fakes[1].counts['E'], 0U);
        EXPECT_THAT(play.chain.notes(), ElementsAre("filter0: discarded"));
        play.fakes[0].says.clear();
        EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::proceed));
    }
}

TEST(MilterChain, EndsTheConnectionWhereAFilterSaysSo)
{
    Rehearsal play({FakeFilter().on('M', packet('4'))});
    EXPECT_EQ(play.send(std::string(letter)).code, 421);
}

// ---- Changes --------------------------------------------------------------------------------

TEST(MilterChain, GathersWhatAFilterChanges)
{
    Rehearsal play({FakeFilter().on(
        'E', packet('h', texts({"X-A", "1"})) + packet('i', u32(0) + texts({"X-F", "2"})) +
                 packet('m', u32(1) + texts({"subject", ""})) + packet('b', "new") +
                 packet('b', " body") + packet('+', texts({"<c@here.example>"})) +
                 packet('-', texts({"<b@here.example>"})) +
                 packet('2', texts({"<d@here.example>", "NOTIFY=NEVER"})) +
                 packet('e', texts({"<s@client.example>"})) + packet('q', texts({"odd"})) +
                 packet('p') + packet('c'))});
    EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::proceed));
    EXPECT_EQ(play.faults(), "");
    const auto& draft = play.chain.draft();
    EXPECT_EQ(play.result(), "To:  b\r\n c\r\nX-A: 1\r\n\r\nnew body\r\n");
    EXPECT_EQ(draft.front(), "X-F: 2\r\n");
    EXPECT_EQ(draft.quarantine(), "odd");
    EXPECT_EQ(draft.envelope().sender.text(), "s@client.example");
    ASSERT_EQ(draft.envelope().recipients.size(), 2U);
    EXPECT_EQ(draft.envelope().recipients[0].path.text(), "c@here.example");
    EXPECT_EQ(draft.envelope().recipients[1].arguments, "NOTIFY=NEVER");
    EXPECT_THAT(play.chain.notes().front(),
                HasSubstr("filter0: added X-A, added X-F, removed subject, replaced the body"));
}

TEST(MilterChain, ShowsTheSecondFilterWhatTheFirstChanged)
{
    Rehearsal play({FakeFilter().on('E', packet('m', u32(1) + texts({"Subject", "ho"})) +
                                             packet('h', texts({"X-A", "1"})) +
                                             packet('b', std::string(70'000, 'y')) + packet('a')),
                    FakeFilter().on('E', packet('m', u32(1) + texts({"X-A", "2"})) + packet('c'))});
    EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::proceed));
    const auto& heard = play.fakes[1].heard;
    EXPECT_THAT(heard, testing::IsSupersetOf({"L Subject ho", "L X-A 1"}));
    EXPECT_EQ(play.fakes[1].body, std::string(70'000, 'y') + "\r\n");
    EXPECT_THAT(play.result(), HasSubstr("Subject: ho\r\nTo:  b\r\n c\r\nX-A: 2\r\n\r\nyyy"));
}

TEST(MilterChain, ForgetsTheChangesOfAFilterThatRefusesInTheEnd)
{
    Rehearsal play({FakeFilter().on('E', packet('h', texts({"X-A", "1"})) + packet('r'))});
    EXPECT_EQ(play.send(std::string(letter)), rejection());
    EXPECT_TRUE(play.chain.draft().edits().empty());
}

// ---- Filters that fail ----------------------------------------------------------------------

Filter with(Filter::OnFailure what)
{
    return {.name = "f", .on_failure = what};
}

TEST(MilterChain, DoesWhatIsConfiguredWhenAFilterIsAway)
{
    FakeFilter away;
    away.away = true;
    Rehearsal tempfail({away}, {with(Filter::OnFailure::tempfail)});
    EXPECT_EQ(tempfail.send(std::string(letter)).code, 451);
    Rehearsal reject({away}, {with(Filter::OnFailure::reject)});
    EXPECT_EQ(reject.send(std::string(letter)).code, 554);
    Rehearsal accept({away, FakeFilter{}}, {with(Filter::OnFailure::accept)});
    EXPECT_TRUE(accept.send(std::string(letter)).is(Ruling::proceed));
    EXPECT_EQ(accept.fakes[1].counts['E'], 1U);
    EXPECT_EQ(accept.faults(), "connection refused\n");
    EXPECT_THAT(accept.chain.notes(),
                ElementsAre("f: failed: connection refused", "filter1: accepted"));
}

TEST(MilterChain, TriesAgainWithTheNextLetterUnlessItIsToDoWithout)
{
    FakeFilter away;
    away.away = true;
    Rehearsal play({away}, {with(Filter::OnFailure::tempfail)});
    EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::refuse));
    play.fakes[0].away = false;
    EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::proceed));
    EXPECT_EQ(play.fakes[0].counts['E'], 1U);

    Rehearsal without({away}, {with(Filter::OnFailure::accept)});
    (void)without.send(std::string(letter));
    without.fakes[0].away = false;
    (void)without.send(std::string(letter));
    EXPECT_EQ(without.fakes[0].connections, 0U);
}

TEST(MilterChain, WaitsAsLongAsItIsToAndNoLonger)
{
    for (const char stage : std::string_view("OCHMRTLNB")) {
        Rehearsal play({FakeFilter().on(stage, "")});
        const auto before = play.now;
        EXPECT_EQ(play.send(std::string(letter)).code, 451) << stage;
        EXPECT_EQ(play.now - before, std::chrono::seconds(30)) << stage;
        EXPECT_EQ(play.faults(), "it did not answer in time\n");
        EXPECT_EQ(play.dropped.size(), 1U);
    }
    Rehearsal end({FakeFilter().on('E', "")});
    const auto before = end.now;
    EXPECT_EQ(end.send(std::string(letter)).code, 451);
    EXPECT_EQ(end.now - before, std::chrono::minutes(5));
}

TEST(MilterChain, LimitsHowLongProgressIsMade)
{
    Limits limits;
    limits.waiting = std::chrono::minutes(7);
    std::string progress;
    for (int i = 0; i < 1000; ++i)
        progress += packet('p');
    Rehearsal play({FakeFilter().on('E', progress)}, {}, limits);
    play.piece = 5; // One at a time.
    const auto before = play.now;
    EXPECT_EQ(play.send(std::string(letter)).code, 451);
    EXPECT_LE(play.now - before, std::chrono::minutes(7));
}

TEST(MilterChain, TakesWhatBreaksTheProtocolForAFailure)
{
    const auto terms = packet('O', u32(6) + u32(0) + u32(0));
    const std::vector<std::pair<char, std::string>> wrongs = {
        {'O', packet('c')},
        {'O', packet('O', u32(9) + u32(0) + u32(0))},
        {'O', terms + packet('c')},
        {'M', packet('c') + packet('c')},
        {'M', packet('O')},
        {'M', packet('h', texts({"X", "y"})) + packet('c')},
        {'M', packet('s')},
        {'M', packet('f')},
        {'M', packet('\0')},
        {'M', packet('y', texts({"250 fine"}))},
        {'M', u32(0)},
        {'M', u32(0xffffffff)},
        {'E', packet('?')},
        {'E', packet('h') + packet('c')},
        {'E', packet('+', texts({"nobody"})) + packet('c')},
    };
    for (const auto& [stage, bytes] : wrongs) {
        Rehearsal play({FakeFilter().on(stage, bytes)});
        EXPECT_EQ(play.send(std::string(letter)).code, 451) << stage << bytes;
        EXPECT_NE(play.faults(), "");
    }
}

TEST(MilterChain, LimitsWhatAFilterChanges)
{
    Limits limits;
    limits.modifications = 3;
    const auto add = packet('h', texts({"X", "y"}));
    Rehearsal fits({FakeFilter().on('E', add + add + add + packet('c'))}, {}, limits);
    EXPECT_TRUE(fits.send(std::string(letter)).is(Ruling::proceed));
    Rehearsal more({FakeFilter().on('E', add + add + add + add + packet('c'))}, {}, limits);
    EXPECT_EQ(more.send(std::string(letter)).code, 451);

    limits = {};
    limits.modification_bytes = 7;
    Rehearsal bytes({FakeFilter().on('E', add + add + packet('c'))}, {}, limits);
    EXPECT_EQ(bytes.send(std::string(letter)).code, 451);

    limits = {};
    limits.body_bytes = 10;
    Rehearsal body(
        {FakeFilter().on('E', packet('b', "123456") + packet('b', "12345") + packet('c'))}, {},
        limits);
    EXPECT_EQ(body.send(std::string(letter)).code, 451);

    limits = {};
    limits.header_edits = 1;
    Rehearsal both(
        {FakeFilter().on('E', add + packet('c')), FakeFilter().on('E', add + packet('c'))},
        {with(Filter::OnFailure::accept), with(Filter::OnFailure::accept)}, limits);
    EXPECT_TRUE(both.send(std::string(letter)).is(Ruling::proceed));
    EXPECT_EQ(both.faults(), "more header changes than the limit\n");
    EXPECT_THAT(both.result(), HasSubstr("X: y\r\n\r\n"));
}

// ---- Connections that are kept --------------------------------------------------------------

TEST(MilterChain, LeavesAConnectionSoThatItCanBeUsedAgain)
{
    Rehearsal play({FakeFilter{}});
    (void)play.send(std::string(letter));
    const auto farewell = play.chain.farewell(0);
    EXPECT_EQ(farewell.bytes, packet('K'));
    ASSERT_TRUE(farewell.terms);

    FakeFilter kept;
    kept.kept = *farewell.terms;
    Rehearsal again({kept});
    EXPECT_TRUE(again.send(std::string(letter)).is(Ruling::proceed));
    EXPECT_EQ(again.fakes[0].heard.front()[0], 'C');
}

TEST(MilterChain, ClosesConnectionsOfOldFilters)
{
    FakeFilter old;
    old.version = 2;
    Rehearsal play({old});
    EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::proceed));
    EXPECT_EQ(play.fakes[0].counts['T'], 0U);
    const auto farewell = play.chain.farewell(0);
    EXPECT_EQ(farewell.bytes, packet('Q'));
    EXPECT_FALSE(farewell.terms);
}

TEST(MilterChain, AbortsALetterThatIsNotEndedBeforeItLeaves)
{
    Rehearsal play({FakeFilter{}});
    (void)play.mail("a@client.example");
    play.chain.abort();
    EXPECT_EQ(play.chain.farewell(0).bytes, packet('A') + packet('K'));
}

TEST(MilterChain, ConnectsAnewWhereTheKeptConnectionIsClosed)
{
    FakeFilter kept;
    kept.kept = Terms{};
    kept.closes_kept = true;
    Rehearsal play({kept});
    EXPECT_TRUE(play.send(std::string(letter)).is(Ruling::proceed));
    EXPECT_EQ(play.fakes[0].connections, 2U);
    EXPECT_EQ(play.faults(), "");
    EXPECT_EQ(play.dropped.size(), 1U);
}

// ---- Everywhere -----------------------------------------------------------------------------

std::vector<FakeFilter> busy_filters()
{
    FakeFilter first;
    first.on('E',
             packet('p') + packet('h', texts({"X-A", "1"})) + packet('b', "new\r\n") + packet('c'));
    FakeFilter second;
    second.steps = protocol::leading_space | protocol::unanswered_header;
    second.on('E', packet('m', u32(1) + texts({"X-A", " 2"})) +
                       packet('+', texts({"<c@d.example>"})) + packet('a'));
    return {first, second};
}

TEST(MilterChain, IsTheSameHoweverTheBytesCome)
{
    Rehearsal whole(busy_filters());
    EXPECT_TRUE(whole.send(std::string(letter)).is(Ruling::proceed));
    for (std::size_t piece = 1; piece < 12; ++piece) {
        Rehearsal cut(busy_filters());
        cut.piece = piece;
        cut.body_piece = piece;
        EXPECT_TRUE(cut.send(std::string(letter)).is(Ruling::proceed));
        EXPECT_EQ(cut.result(), whole.result());
        EXPECT_EQ(cut.chain.notes(), whole.chain.notes());
        EXPECT_EQ(cut.chain.draft().envelope(), whole.chain.draft().envelope());
    }
}

TEST(MilterChain, SurvivesAFailureAtEachOperation)
{
    Rehearsal smooth(busy_filters());
    (void)smooth.send(std::string(letter));
    ASSERT_GT(smooth.operations, 30U);
    for (std::size_t at = 0; at < smooth.operations; ++at) {
        Rehearsal tempfail(busy_filters());
        tempfail.fail_at = at;
        EXPECT_EQ(tempfail.send(std::string(letter)).code, 451) << at;
        EXPECT_TRUE(tempfail.send(std::string(letter)).is(Ruling::proceed)) << at;
        EXPECT_EQ(tempfail.result(), smooth.result()) << at;

        Rehearsal accept(busy_filters(),
                         {with(Filter::OnFailure::accept), with(Filter::OnFailure::accept)});
        accept.fail_at = at;
        EXPECT_TRUE(accept.send(std::string(letter)).is(Ruling::proceed)) << at;
    }
}

} // namespace
} // namespace posthouse::milter
