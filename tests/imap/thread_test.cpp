// SPDX-License-Identifier: Apache-2.0
#include "imap/thread.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <set>

namespace posthouse::imap {
namespace {

/// Holds the texts that ThreadFacts points to.
class Mailbox {
public:
    struct Letter {
        std::string id = {};
        std::vector<std::string> references = {};
        std::string subject = {};
        bool is_reply = false;
        int sent = 0; ///< 0: in the order of numbers
    };

    Mailbox& add(Letter letter)
    {
        auto& kept = letters_.emplace_back(std::move(letter));
        const auto number = static_cast<std::uint32_t>(facts_.size() + 1);
        const auto sent = kept.sent == 0 ? static_cast<int>(number) : kept.sent;
        facts_.push_back({.number = number,
                          .sent = Timestamp(std::chrono::hours(sent)),
                          .subject = kept.subject,
                          .is_reply = kept.is_reply,
                          .message_id = kept.id,
                          .references = kept.references});
        return *this;
    }

    const std::vector<ThreadFacts>& facts() const { return facts_; }

    std::string by_references() const { return told(threads_by_references(facts_)); }
    std::string by_subject() const { return told(threads_by_subject(facts_)); }

private:
    static std::string told(const Threads& threads)
    {
        std::string text;
        append_thread_response(text, threads);
        EXPECT_TRUE(text.starts_with("* THREAD") && text.ends_with("\r\n"));
        return text.substr(8, text.size() - 10);
    }

    std::deque<Letter> letters_;
    std::vector<ThreadFacts> facts_;
};

TEST(ImapThread, WritesThreadsAsTheStandardDoes)
{
    // RFC 5256 §4
    Threads threads;
    threads.nodes.resize(10);
    const std::vector<std::uint32_t> numbers{2, 3, 6, 4, 23, 44, 7, 96};
    for (std::size_t at = 0; at < numbers.size(); ++at)
        threads.nodes[at].number = numbers[at];
    threads.nodes[1].children = {2};
    threads.nodes[2].children = {3, 5};
    threads.nodes[3].children = {4};
    threads.nodes[5].children = {6};
    threads.nodes[6].children = {7};
    threads.roots = {0, 1};
    std::string text;
    append_thread_response(text, threads);
    EXPECT_EQ(text, "* THREAD (2)(3 6 (4 23)(44 7 96))\r\n");
    threads.nodes[8].children = {1, 0};
    threads.roots = {8};
    text.clear();
    append_thread_response(text, threads);
    EXPECT_EQ(text, "* THREAD ((3 6 (4 23)(44 7 96))(2))\r\n");
    text.clear();
    append_thread_response(text, {});
    EXPECT_EQ(text, "* THREAD\r\n");
}

TEST(ImapThreadBySubject, GathersMessagesOfOneSubject)
{
    Mailbox mailbox;
    mailbox.add({.subject = "b", .sent = 5})
        .add({.subject = "a", .sent = 9})
        .add({.subject = "b", .sent = 1})
        .add({.subject = "a", .sent = 2})
        .add({.subject = "b", .sent = 7})
        .add({.subject = "c", .sent = 3});
    EXPECT_EQ(mailbox.by_subject(), " (3 (1)(5))(4 2)(6)");
    EXPECT_EQ(Mailbox().by_subject(), "");
}

TEST(ImapThreadByReferences, LinksAnswersToWhatTheyAnswer)
{
    Mailbox mailbox;
    mailbox.add({.id = "<1>", .subject = "x"})
        .add({.id = "<2>", .references = {"<1>"}, .subject = "x", .is_reply = true})
        .add({.id = "<3>", .references = {"<1>", "<2>"}, .subject = "x", .is_reply = true})
        .add({.id = "<4>", .references = {"<1>"}, .subject = "other"})
        .add({.id = "<5>", .subject = "y"});
    EXPECT_EQ(mailbox.by_references(), " (1 (2 3)(4))(5)");
}

TEST(ImapThreadByReferences, LinksAnswersThatComeFirst)
{
    Mailbox mailbox;
    mailbox.add({.id = "<3>", .references = {"<1>", "<2>"}, .sent = 3})
        .add({.id = "<2>", .references = {"<1>"}, .sent = 2})
        .add({.id = "<1>", .sent = 1});
    EXPECT_EQ(mailbox.by_references(), " (3 2 1)");
}

TEST(ImapThreadByReferences, LeavesOutWhatIsNotThere)
{
    Mailbox mailbox;
    mailbox.add({.id = "<3>", .references = {"<1>", "<gone>"}}).add({.id = "<1>"});
    EXPECT_EQ(mailbox.by_references(), " (2 1)"); // The dummy between them is spliced out.
    Mailbox single;
    single.add({.id = "<3>", .references = {"<gone>", "<away>"}});
    EXPECT_EQ(single.by_references(), " (1)");
}

TEST(ImapThreadByReferences, KeepsSiblingsOfAMissingParentTogether)
{
    Mailbox mailbox;
    mailbox.add({.id = "<a>", .references = {"<gone>"}, .sent = 4})
        .add({.id = "<b>", .references = {"<gone>"}, .sent = 2})
        .add({.id = "<c>", .sent = 3});
    EXPECT_EQ(mailbox.by_references(), " ((2)(1))(3)");
}

TEST(ImapThreadByReferences, ClosesNoLoops)
{
    Mailbox mailbox;
    mailbox.add({.id = "<1>", .references = {"<2>"}})
        .add({.id = "<2>", .references = {"<1>"}})
        .add({.id = "<3>", .references = {"<3>"}})
        .add({.id = "<4>", .references = {"<4>", "<1>", "<4>", "<2>"}});
    EXPECT_EQ(mailbox.by_references(), " (2 (1)(4))(3)");
}

TEST(ImapThreadByReferences, GivesADoubledIdToTheFirst)
{
    Mailbox mailbox;
    mailbox.add({.id = "<1>"}).add({.id = "<1>"}).add({.references = {"<1>"}}).add({}).add({});
    EXPECT_EQ(mailbox.by_references(), " (1 3)(2)(4)(5)");
}

TEST(ImapThreadByReferences, TakesQuotedIdsForTheSame)
{
    Mailbox mailbox;
    mailbox.add({.id = "<\"01KF8JCEOCBS0045PS\"@xxx.yyy.com>"})
        .add({.references = {"<01KF8JCEOCBS0045PS@xxx.yyy.com>"}});
    EXPECT_EQ(mailbox.by_references(), " (1 2)");
    EXPECT_EQ(normal_message_id("<\"a b\"@c>"), "<\"a b\"@c>");
    EXPECT_EQ(normal_message_id("<\"a\\.b\"@c>"), "<a.b@c>");
    EXPECT_EQ(normal_message_id("<\"@c>"), "<\"@c>");
    EXPECT_EQ(normal_message_id("<\""), "<\"");
}

TEST(ImapThreadByReferences, BreaksALinkThatTheMessageItselfDoesNotKnow)
{
    // RFC 5256 §3 (1) (B): the second one has no references, so the first one's claim is dropped …
    Mailbox before;
    before.add({.id = "<3>", .references = {"<1>", "<2>"}}).add({.id = "<2>"}).add({.id = "<1>"});
    EXPECT_EQ(before.by_references(), " (2 1)(3)");
    // … and one that is made later stays.
    Mailbox after;
    after.add({.id = "<1>"}).add({.id = "<2>"}).add({.id = "<3>", .references = {"<1>", "<2>"}});
    EXPECT_EQ(after.by_references(), " (1 2 3)");
}

TEST(ImapThreadByReferences, MergesThreadsOfOneSubject)
{
    // An answer goes below the message that is none.
    Mailbox answer;
    answer.add({.subject = "x", .is_reply = true, .sent = 1}).add({.subject = "x", .sent = 2});
    EXPECT_EQ(answer.by_references(), " (2 1)");
    // Two that are alike become siblings.
    Mailbox alike;
    alike.add({.subject = "x"}).add({.subject = "x"}).add({.subject = "x"});
    EXPECT_EQ(alike.by_references(), " ((1)(2)(3))");
    // Without a subject nothing is merged.
    Mailbox empty;
    empty.add({}).add({});
    EXPECT_EQ(empty.by_references(), " (1)(2)");
}

TEST(ImapThreadByReferences, MergesThreadsWhoseFirstMessageIsMissing)
{
    Mailbox mailbox;
    mailbox.add({.references = {"<g>"}, .subject = "x"})
        .add({.references = {"<g>"}, .subject = "x"})
        .add({.references = {"<h>"}, .subject = "x"})
        .add({.references = {"<h>"}, .subject = "x"})
        .add({.subject = "x"})
        .add({.subject = "x", .is_reply = true});
    EXPECT_EQ(mailbox.by_references(), " ((1)(2)(3)(4)(5)(6))");
}

/// All messages, and their depth where it matters.
std::set<std::uint32_t> numbers_in(const Threads& threads)
{
    std::set<std::uint32_t> numbers;
    std::vector<std::uint32_t> left = threads.roots;
    std::size_t seen = 0;
    while (!left.empty()) {
        const auto& node = threads.nodes[left.back()];
        left.pop_back();
        RC_ASSERT(++seen <= threads.nodes.size());
        if (node.number != 0)
            RC_ASSERT(numbers.insert(node.number).second);
        else
            RC_ASSERT(node.children.size() > 1);
        left.insert(left.end(), node.children.begin(), node.children.end());
    }
    return numbers;
}

RC_GTEST_PROP(ImapThread, HoldsEachMessageOnce, ())
{
    Mailbox mailbox;
    const auto count = *rc::gen::inRange(0, 30);
    const auto id = [] { return "<" + std::to_string(*rc::gen::inRange(0, 20)) + ">"; };
    for (int i = 0; i < count; ++i) {
        Mailbox::Letter letter{
            .id = id(), .is_reply = *rc::gen::arbitrary<bool>(), .sent = *rc::gen::inRange(1, 10)};
        letter.subject = std::string(static_cast<std::size_t>(*rc::gen::inRange(0, 4)), 's');
        for (int n = *rc::gen::inRange(0, 5); n > 0; --n)
            letter.references.push_back(id());
        mailbox.add(std::move(letter));
    }
    RC_ASSERT(numbers_in(threads_by_references(mailbox.facts())).size() ==
              static_cast<std::size_t>(count));
    RC_ASSERT(numbers_in(threads_by_subject(mailbox.facts())).size() ==
              static_cast<std::size_t>(count));
}

TEST(ImapThreadByReferences, TakesAVeryLongConversation)
{
    constexpr int messages = 50'000;
    Mailbox mailbox;
    std::string expected = " (1";
    for (int i = 1; i <= messages; ++i) {
        Mailbox::Letter letter{.id = "<" + std::to_string(i) + ">"};
        for (int n = std::max(1, i - 3); n < i; ++n)
            letter.references.push_back("<" + std::to_string(n) + ">");
        mailbox.add(std::move(letter));
        if (i > 1)
            expected += " " + std::to_string(i);
    }
    EXPECT_TRUE(mailbox.by_references() == expected + ")");
}

TEST(ImapThreadByReferences, TakesAVeryLongConversationOfWhichMostIsMissing)
{
    // Of a chain of 30,000 ids every third message is there, and each has one more answer.
    Mailbox mailbox;
    for (int i = 3; i <= 30'000; i += 3) {
        Mailbox::Letter letter{.id = "<" + std::to_string(i) + ">"};
        for (int n = i - 3; n < i; ++n)
            letter.references.push_back("<" + std::to_string(n) + ">");
        mailbox.add(letter);
        letter.id += "x";
        mailbox.add(std::move(letter));
    }
    EXPECT_EQ(numbers_in(threads_by_references(mailbox.facts())).size(), 20'000U);
}

} // namespace
} // namespace posthouse::imap
