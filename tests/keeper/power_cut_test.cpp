// SPDX-License-Identifier: Apache-2.0
// docs/queue.md: the power goes after every single commit in turn, before it and behind it. No
// acknowledged letter is lost, none comes to a local mailbox twice.
#include "tests/keeper/rig.hpp"

#include "base/text.hpp"
#include "spool/notice.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <map>
#include <set>

namespace posthouse::keeper::tests {
namespace {

using store::Fault;
using store::MemoryDisk;
using store::MemoryEngine;

const std::vector<std::string> accounts{"ann@example.org", "ben@example.org", "cy@example.org"};

struct Posted {
    std::string body;
    std::vector<std::string> mailboxes; // Where it must be found, once in each.
    std::string far;                    // A recipient elsewhere who must get it at least once.
    bool bounces = false;
    std::string recipient = {}; // In place of them all: an alias, a login with a .forward.
    std::string login = {};     // whose mailbox on this host must get it, too
    bool never_notified = false;
};
constexpr int kinds = 8;
constexpr int letters = 2 * kinds; // Of each kind one that is routed before, one after it is ours.

/// One run of the house, on a disk that may hold what an earlier run left.
struct Chronicle {
    std::vector<Posted> acknowledged;
    std::map<std::string, int> carried;                  // recipients elsewhere that got something
    std::map<std::string, std::set<std::uint64_t>> kept; // by logins, by delivery
};

std::string text_of(int number)
{
    return fmt::format("Subject: {0}\r\n\r\nletter {0}\r\n", number);
}

Posted letter(int number)
{
    Posted posted{text_of(number), {}, {}, false};
    switch (number % kinds) {
    case 0: // One mailbox: the body is handed over.
        posted.mailboxes = {"ann@example.org"};
        break;
    case 1: // Several: they share it.
        posted.mailboxes = accounts;
        break;
    case 2: // Two, and elsewhere.
        posted.mailboxes = {"ann@example.org", "ben@example.org"};
        posted.far = fmt::format("far{}@remote.test", number);
        break;
    case 3: // Elsewhere only.
        posted.far = fmt::format("far{}@remote.test", number);
        break;
    case 5: // An alias of three, one of them elsewhere.
        posted.mailboxes = {"ann@example.org", "ben@example.org"};
        posted.far = "team@remote.test";
        posted.recipient = "team@example.org";
        break;
    case 6: // A login that forwards to two and keeps a copy.
        posted.mailboxes = {"ann@example.org"};
        posted.far = "forward@remote.test";
        posted.recipient = "dee@sys.example";
        posted.login = "dee";
        break;
    case 7: // Over as soon as it is routed: it fails, and nobody wants to know.
        posted.recipient = "nobody@example.org";
        posted.never_notified = true;
        break;
    default: // One that fails: the sender, cy, hears of it.
        posted.mailboxes = {"ben@example.org"};
        posted.bounces = true;
        break;
    }
    return posted;
}

Task<void> post(Rig& rig, int count, Chronicle& run)
{
    for (int i = 0; i < count; ++i) {
        auto posted = letter(i);
        auto recipients = posted.mailboxes;
        if (!posted.far.empty())
            recipients.push_back(posted.far);
        if (!posted.recipient.empty())
            recipients = {posted.recipient};
        if (posted.bounces)
            recipients.push_back(fmt::format("refused{}@remote.test", i));
        rig.routes_ahead = i < kinds;
        wire::Accept accept;
        if (posted.never_notified)
            accept.add_terms()->set_notify(spool::notify_never);
        auto id = co_await rig.send("cy@example.org", recipients, posted.body, std::move(accept));
        if (id)
            run.acknowledged.push_back(std::move(posted));
    }
}

/// True: nothing is left in the queue.
bool queue_is_empty(const MemoryDisk& disk)
{
    return std::ranges::all_of(disk.partitions, [](const auto& entry) {
        if (!entry.first.starts_with("q/"))
            return true;
        return std::ranges::none_of(entry.second.rows, [](const auto& row) {
            return std::string_view("alrdwfhexgyk").contains(row.first[0]);
        });
    });
}

std::string what_is_left(const MemoryDisk& disk)
{
    std::string left;
    for (const auto& [name, partition] : disk.partitions)
        if (name.starts_with("q/"))
            for (const auto& [key, value] : partition.rows)
                if (key[0] != '\0' && key[0] != 'n' && key[0] != 'z')
                    left += name + ' ' + key[0] + ' ' + hex(std::string_view(key).substr(1)) + '\n';
    return left;
}

const std::string system_domain = "[domains.\"sys.example\"]\nusers = \"system\"\n";

/// What a failed commit has deferred is due now, as an administrator may have it.
Task<void> retry_all(Rig& rig)
{
    for (std::size_t shard = 0; shard < spool::shards; ++shard) {
        const auto ids =
            co_await rig.office.spool.letters(shard, spool::keys::letter_prefix, {}, 100);
        for (const auto id : ids.value_or(std::vector<spool::LetterId>())) {
            const auto letter = co_await rig.letters.open(id);
            if (!letter || !(*letter)->routed)
                continue;
            for (auto& [key, open] : (*letter)->deliveries) {
                const auto now = to_microseconds(wall_clock());
                if (open.record.state() != spool::WAITING || open.under_way ||
                    open.record.due() <= now)
                    continue;
                spool::Spool::Update update;
                update.old_due = std::exchange(open.due_row, from_microseconds(now));
                open.record.set_due(now);
                update.record = open.record;
                std::vector<spool::Spool::Update> updates;
                updates.push_back(std::move(update));
                EXPECT_TRUE(co_await rig.office.spool.record(id, std::move(updates), {}));
                rig.dispatch.waiting_again(**letter, open.record);
            }
        }
    }
}

Courier courier_of(Chronicle& run)
{
    return [&run](const wire::Attempt& order) {
        auto attempted = delivered(order);
        for (int i = 0; i < order.recipients_size(); ++i) {
            if (order.recipients(i).starts_with("refused")) {
                attempted.mutable_outcomes(i)->set_result(wire::Attempted::FAILED);
                attempted.mutable_outcomes(i)->set_status("5.1.1");
            } else {
                ++run.carried[order.recipients(i)];
            }
        }
        return attempted;
    };
}

void set_up(Rig& rig, Chronicle& run)
{
    rig.set_aliases("team: ann@example.org, ben@example.org, team@remote.test\n");
    rig.logins = {"dee"};
    rig.agent = [&run](const wire::Deliver& order) {
        auto outcome = put_in_mailbox(order);
        if (order.keep()) {
            run.kept[order.user()].insert(order.delivery());
            return outcome;
        }
        outcome.set_result(wire::Attempted::EXPANDED);
        for (const auto* recipient : {"ann@example.org", "forward@remote.test", "\\dee"})
            outcome.add_recipients(recipient);
        return outcome;
    };
}

template <class Done>
void run_until(boost::asio::io_context& io, Done done)
{
    const auto deadline = Instant::clock::now() + std::chrono::seconds(20);
    while (!done() && Instant::clock::now() < deadline)
        io.run_one_for(std::chrono::milliseconds(10));
}

/// Posts letters until all have an answer or the power goes; `cut` is which commit that is.
std::uint64_t first_run(const std::shared_ptr<MemoryDisk>& disk, std::optional<std::uint64_t> cut,
                        Fault fault, Chronicle& run)
{
    boost::asio::io_context io;
    MemoryEngine engine(io.get_executor(), disk);
    if (cut)
        engine.fail_commit(*cut, fault);
    Rig rig(io, engine, courier_of(run), system_domain);
    set_up(rig, run);
    bool ended = false;
    boost::asio::co_spawn(
        io,
        [](Rig& r, Chronicle& outcome, bool& done) -> Task<void> {
            if (co_await r.open(accounts))
                co_await post(r, letters, outcome);
            done = true;
        }(rig, run, ended),
        boost::asio::detached);
    // After a cut nothing more comes of anything; without one the queue empties.
    run_until(io, [&] { return ended && (cut ? true : queue_is_empty(*disk)); });
    EXPECT_TRUE(ended);
    for (int i = 0; cut && i < 200 && engine.commits() < *cut + 2; ++i)
        io.run_one_for(std::chrono::milliseconds(2)); // On to the cut, if it is not behind us.
    return engine.commits();
}

void second_run(const std::shared_ptr<MemoryDisk>& disk, const Chronicle& first)
{
    boost::asio::io_context io;
    MemoryEngine engine(io.get_executor(), disk);
    Chronicle run = first;
    Rig rig(io, engine, courier_of(run), system_domain);
    set_up(rig, run);
    std::map<std::string, std::vector<std::string>> found;
    bool opened = false;
    boost::asio::co_spawn(
        io,
        [](Rig& r, bool& done) -> Task<void> {
            EXPECT_TRUE(co_await r.open(accounts));
            co_await retry_all(r);
            done = true;
        }(rig, opened),
        boost::asio::detached);
    run_until(io, [&] { return opened && queue_is_empty(*disk); });
    EXPECT_TRUE(opened);
    ASSERT_TRUE(queue_is_empty(*disk)) << "something stays in the queue for ever:\n"
                                       << what_is_left(*disk);
    bool read = false;
    boost::asio::co_spawn(
        io,
        [](Rig& r, auto& mailboxes, bool& done) -> Task<void> {
            for (const auto& address : accounts)
                mailboxes[address] = co_await r.inbox(address);
            done = true;
        }(rig, found, read),
        boost::asio::detached);
    run_until(io, [&] { return read; });

    std::size_t bounces = 0;
    std::size_t logins = 0;
    for (const auto& posted : run.acknowledged) {
        for (const auto& address : posted.mailboxes)
            EXPECT_EQ(std::ranges::count(found[address], posted.body), 1)
                << address << " has " << posted.body;
        if (!posted.far.empty()) {
            EXPECT_GE(run.carried[posted.far], 1) << posted.far << " never got its letter";
        }
        bounces += posted.bounces ? 1 : 0;
        logins += posted.login.empty() ? 0 : 1;
    }
    // As many names of deliveries as letters: what comes twice has the same name.
    EXPECT_GE(run.kept["dee"].size(), logins);
    EXPECT_LE(run.kept["dee"].size(), logins + 1); // One may have been on its way unanswered.
    for (const auto& [address, bodies] : found)
        for (const auto& body : bodies) {
            EXPECT_NE(body, "UNREADABLE");
            EXPECT_TRUE(body.contains("refused") || std::ranges::count(bodies, body) == 1);
        }
    const auto told = std::ranges::count_if(
        found["cy@example.org"], [](const auto& body) { return body.contains("refused"); });
    EXPECT_GE(static_cast<std::size_t>(told), bounces);
    EXPECT_LE(static_cast<std::size_t>(told),
              bounces + 1); // One may have been on its way unanswered.

    // No body is left that nobody names: 'told' and the letters are all there is.
    std::set<std::string> named;
    for (const auto& [name, partition] : disk->partitions)
        if (name.starts_with("a/"))
            for (const auto& [key, value] : partition.rows)
                if (key[0] == 'e') {
                    mailbox::Message message;
                    ASSERT_TRUE(message.ParseFromString(value));
                    named.insert(message.body());
                }
    for (const auto& [id, blob] : disk->blobs)
        EXPECT_TRUE(named.contains(id.bytes())) << "an orphan of " << blob.owner.name;
}

TEST(PowerCut, WithoutOneEveryLetterIsDeliveredOnceAndTheQueueIsEmpty)
{
    auto disk = std::make_shared<MemoryDisk>();
    Chronicle run;
    first_run(disk, std::nullopt, Fault::none, run);
    ASSERT_EQ(run.acknowledged.size(), static_cast<std::size_t>(letters));
    second_run(disk, run);
}

TEST(PowerCut, AfterEveryCommitInTurnNoAcknowledgedLetterIsLostOrDeliveredTwice)
{
    Chronicle whole;
    const auto commits =
        first_run(std::make_shared<MemoryDisk>(), std::nullopt, Fault::none, whole);
    ASSERT_GT(commits, 50u);
    for (const auto fault : {Fault::power_cut_before, Fault::power_cut_after})
        for (std::uint64_t cut = 0; cut < commits; ++cut) {
            SCOPED_TRACE(fmt::format("cut {} commit {} of {}",
                                     fault == Fault::power_cut_before ? "before" : "after", cut,
                                     commits));
            auto disk = std::make_shared<MemoryDisk>();
            Chronicle run;
            first_run(disk, cut, fault, run);
            second_run(disk, run);
            if (HasFailure())
                return;
        }
}

// ---- letters with very many deliveries --------------------------------------------------------

constexpr std::size_t crowd = deliveries_an_end + 200;

/// Sends one letter to a list of many elsewhere; how many commits it took until the queue is empty
/// or the power goes.
std::uint64_t run_with_crowd(const std::shared_ptr<MemoryDisk>& disk,
                             std::optional<std::uint64_t> cut, Chronicle& run)
{
    boost::asio::io_context io;
    MemoryEngine engine(io.get_executor(), disk);
    if (cut)
        engine.fail_commit(*cut, Fault::power_cut_after);
    Rig rig(io, engine, courier_of(run), system_domain);
    std::string aliases = "crowd: ";
    for (std::size_t i = 0; i < crowd; ++i)
        aliases += fmt::format("{}c{}@remote.test", i == 0 ? "" : ",\n  ", i);
    rig.set_aliases(aliases + '\n');
    bool posted = false;
    const bool first = disk->partitions.empty();
    boost::asio::co_spawn(
        io,
        [](Rig& r, bool send, bool& done) -> Task<void> {
            if (co_await r.open(accounts) && send)
                EXPECT_TRUE(
                    co_await r.send("cy@example.org", {"crowd@example.org"}, "Subject: x\r\n"));
            done = true;
        }(rig, first, posted),
        boost::asio::detached);
    run_until(io,
              [&] { return posted && (cut ? engine.commits() > *cut : queue_is_empty(*disk)); });
    return engine.commits();
}

TEST(PowerCut, TheEndOfALetterWithMoreDeliveriesThanACommitTakesIsTakenUpWhereverItStops)
{
    Chronicle whole;
    auto untouched = std::make_shared<MemoryDisk>();
    const auto commits = run_with_crowd(untouched, std::nullopt, whole);
    ASSERT_TRUE(queue_is_empty(*untouched)) << what_is_left(*untouched);
    EXPECT_EQ(whole.carried.size(), crowd);
    for (std::uint64_t back = 1; back <= 6; ++back) {
        SCOPED_TRACE(fmt::format("cut after commit {} of {}", commits - back, commits));
        auto disk = std::make_shared<MemoryDisk>();
        Chronicle run;
        run_with_crowd(disk, commits - back, run);
        run_with_crowd(disk, std::nullopt, run);
        EXPECT_TRUE(queue_is_empty(*disk)) << what_is_left(*disk);
        EXPECT_EQ(run.carried.size(), crowd);
        EXPECT_TRUE(disk->blobs.empty());
        if (HasFailure())
            return;
    }
}

TEST(PowerCut, ACommitWhoseOutcomeIsUnknownChangesNothingOfThis)
{
    Chronicle whole;
    const auto commits =
        first_run(std::make_shared<MemoryDisk>(), std::nullopt, Fault::none, whole);
    for (const auto fault : {Fault::unknown_applied, Fault::unknown_lost})
        for (std::uint64_t at = 0; at < commits; at += 3) {
            SCOPED_TRACE(fmt::format("{} at {}", static_cast<int>(fault), at));
            auto disk = std::make_shared<MemoryDisk>();
            Chronicle run;
            first_run(disk, at, fault, run);
            second_run(disk, run);
            if (HasFailure())
                return;
        }
}

} // namespace
} // namespace posthouse::keeper::tests
