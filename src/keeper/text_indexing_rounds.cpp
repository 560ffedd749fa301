// SPDX-License-Identifier: Apache-2.0
// One account's turn.
#include "base/log.hpp"
#include "keeper/text_indexing.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstdint>

namespace posthouse::keeper {
namespace {

constexpr int listings = 5;
constexpr std::size_t looked_at = 5000; ///< emails, without a pause

} // namespace

Task<void> TextIndexing::work()
{
    while (!queue_.empty()) {
        const auto id = queue_.front();
        queue_.pop_front();
        const auto found = kept_.find(id);
        if (found == kept_.end())
            continue;
        const auto kept = found->second;
        kept->queued = false;
        if (kept->removed || !is_on())
            continue;
        at_work_on_ = id;
        const auto ended = co_await round(id, kept);
        at_work_on_.reset();
        if (ended == Ended::for_now)
            queue(id, *kept);
        else if (ended == Ended::failed && !kept->since)
            kept->since = Instant::clock::now(); // It is tried again when that is due.
    }
    working_ = false;
}

Task<TextIndexing::Ended> TextIndexing::round(mailbox::AccountId id, Keeping kept)
{
    const auto began = Instant::clock::now();
    auto account = co_await office_.open_accounts.open(id);
    if (!account)
        co_return Ended::failed;
    if (!kept->index)
        co_await open(id, kept);
    const auto index = kept->index;
    const auto letters = index ? co_await letters_of(*account) : std::nullopt;
    if (!letters)
        co_return Ended::failed;
    auto wanting = co_await missing(index, *letters);
    co_await forget_gone(index, *letters, wanting.size());
    const auto count = wanting.size();
    while (!wanting.empty() && !kept->removed && is_on()) {
        if (!co_await cutting_.add_some(*account, index, wanting))
            co_return Ended::failed;
        if (index->untidy())
            if (const auto more = co_await index->tidy();
                !more && more.error() != store::Error::conflict)
                co_return Ended::failed;
        if (!queue_.empty() && Instant::clock::now() - began > Limits::turn)
            co_return Ended::for_now;
    }
    if (!co_await tidy(kept, index))
        co_return Ended::failed;
    if (!wanting.empty())
        co_return Ended::failed;
    kept->newest = letters->newest;
    kept->since.reset();
    if (kept->noticed > kept->newest)
        notice(id, *kept, Instant::clock::now());
    if (count > 0)
        log::info("text_index.current",
                  {{"account", static_cast<std::uint64_t>(id)},
                   {"letters", letters->emails.size()},
                   {"added", count},
                   {"ms", std::chrono::duration_cast<std::chrono::milliseconds>(
                              Instant::clock::now() - began)
                              .count()}});
    co_return Ended::whole;
}

Task<std::optional<TextIndexing::Letters>> TextIndexing::letters_of(Account account)
{
    const auto& boxes = account->state().boxes;
    for (int listing = 0; listing < listings; ++listing) {
        std::vector<mailbox::MailboxId> ids;
        for (const auto& [id, box] : boxes)
            if (!box.record.doomed())
                ids.push_back(id);
        for (const auto id : ids)
            if (auto loaded = co_await account->load(id);
                !loaded && loaded.error() != mailbox::Error::nonexistent)
                co_return std::nullopt;
        Letters letters;
        letters.newest = account->state().record.last_email();
        // Where others never pause, it is done at once in the end.
        const bool last = listing == listings - 1;
        auto emails = co_await listed(*account, last ? SIZE_MAX : looked_at);
        if (!emails)
            continue;
        letters.emails = std::move(*emails);
        co_await sort(letters.emails);
        co_return letters;
    }
    co_return std::nullopt;
}

/// Of all mailboxes, a page at a time. Nothing: something has changed between two of them, and
/// what moved may be in neither; or not all lists are there.
Task<std::optional<std::vector<std::uint64_t>>>
TextIndexing::listed(const mailbox::Account& account, std::size_t a_page)
{
    const auto& state = account.state();
    const auto modseq = state.record.modseq();
    const auto is_there = [](const mailbox::Box& box) { return box.loaded || box.record.doomed(); };
    std::vector<mailbox::MailboxId> ids;
    for (const auto& [id, box] : state.boxes)
        ids.push_back(id);
    std::vector<std::uint64_t> emails;
    for (const auto id : ids)
        for (std::size_t at = 0;; at += a_page) {
            const auto box = state.boxes.find(id);
            if (state.record.modseq() != modseq || box == state.boxes.end() ||
                !is_there(box->second))
                co_return std::nullopt;
            const auto& entries = box->second.entries;
            const auto end = at + std::min(a_page, entries.size() - at);
            for (auto i = at; i < end; ++i)
                emails.push_back(entries[i].email);
            if (end == entries.size())
                break;
            co_await let_others();
        }
    co_return emails;
}

/// Ascending, each once; never long without a pause.
Task<void> TextIndexing::sort(std::vector<std::uint64_t>& emails)
{
    for (std::size_t at = 0; at < emails.size(); at += looked_at) {
        const auto first = emails.begin() + static_cast<std::ptrdiff_t>(at);
        std::sort(first, first + std::min<std::ptrdiff_t>(looked_at, emails.end() - first));
        co_await let_others();
    }
    std::vector<std::uint64_t> merged(emails.size());
    for (std::size_t run = looked_at; run < emails.size(); run *= 2) {
        for (std::size_t at = 0; at < emails.size(); at += 2 * run) {
            const auto middle = std::min(at + run, emails.size());
            const auto end = std::min(at + 2 * run, emails.size());
            for (std::size_t left = at, right = middle, to = at; to < end; ++to) {
                const bool from_left =
                    left < middle && (right == end || emails[left] <= emails[right]);
                merged[to] = emails[from_left ? left++ : right++];
                if (to % looked_at == looked_at - 1)
                    co_await let_others();
            }
        }
        emails.swap(merged);
    }
    const auto twice = std::ranges::unique(emails);
    emails.erase(twice.begin(), twice.end());
}

Task<void> TextIndexing::let_others()
{
    co_await boost::asio::post(office_.executor(), boost::asio::use_awaitable);
}

Task<std::deque<std::uint64_t>> TextIndexing::missing(Index index, const Letters& letters)
{
    std::deque<std::uint64_t> emails;
    for (std::size_t i = 0; i < letters.emails.size(); ++i) {
        if (i % looked_at == looked_at - 1)
            co_await let_others();
        if (!index->knows(letters.emails[i]))
            emails.push_back(letters.emails[i]);
    }
    co_return emails;
}

/// What the index knows and no mailbox has any more.
Task<void> TextIndexing::forget_gone(Index index, const Letters& letters, std::size_t missing)
{
    if (index->letters() + missing <= letters.emails.size())
        co_return;
    textindex::EmailSet alive;
    for (std::size_t i = 0; i < letters.emails.size(); ++i) {
        if (i % looked_at == looked_at - 1)
            co_await let_others();
        alive.add(letters.emails[i]);
    }
    textindex::EmailSet all;
    if (letters.newest > 0)
        all.add(1, letters.newest);
    index->forget(all.without(alive));
}

Task<bool> TextIndexing::tidy(Keeping kept, Index index)
{
    while (index->untidy() && !kept->removed) {
        const auto more = co_await index->tidy();
        if (!more)
            co_return more.error() == store::Error::conflict;
        if (!*more)
            break;
        co_await let_others();
    }
    co_return true;
}

} // namespace posthouse::keeper
