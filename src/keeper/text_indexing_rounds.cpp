// SPDX-License-Identifier: Apache-2.0
// One account's turn.
#include "base/log.hpp"
#include "keeper/text_indexing.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

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
    forget_gone(*index, *letters, wanting.size());
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
        // From here on nobody comes between: what moves is in the one or the other.
        if (std::ranges::any_of(boxes, [](const auto& entry) {
                return !entry.second.loaded && !entry.second.record.doomed();
            }))
            continue;
        Letters letters;
        letters.newest = account->state().record.last_email();
        for (const auto& [id, box] : boxes)
            for (const auto& entry : box.entries)
                letters.emails.push_back(entry.email);
        std::ranges::sort(letters.emails);
        const auto twice = std::ranges::unique(letters.emails);
        letters.emails.erase(twice.begin(), twice.end());
        co_return letters;
    }
    co_return std::nullopt;
}

Task<std::deque<std::uint64_t>> TextIndexing::missing(Index index, const Letters& letters)
{
    std::deque<std::uint64_t> emails;
    for (std::size_t i = 0; i < letters.emails.size(); ++i) {
        if (i % looked_at == looked_at - 1)
            co_await boost::asio::post(office_.executor(), boost::asio::use_awaitable);
        if (!index->knows(letters.emails[i]))
            emails.push_back(letters.emails[i]);
    }
    co_return emails;
}

/// What the index knows and no mailbox has any more.
void TextIndexing::forget_gone(textindex::TextIndex& index, const Letters& letters,
                               std::size_t missing)
{
    if (index.letters() + missing <= letters.emails.size())
        return;
    textindex::EmailSet alive;
    for (const auto email : letters.emails)
        alive.add(email);
    textindex::EmailSet all;
    if (letters.newest > 0)
        all.add(1, letters.newest);
    index.forget(all.without(alive));
}

Task<bool> TextIndexing::tidy(Keeping kept, Index index)
{
    while (index->untidy() && !kept->removed) {
        const auto more = co_await index->tidy();
        if (!more)
            co_return more.error() == store::Error::conflict;
        if (!*more)
            break;
        co_await boost::asio::post(office_.executor(), boost::asio::use_awaitable);
    }
    co_return true;
}

} // namespace posthouse::keeper
