// SPDX-License-Identifier: Apache-2.0
// Who has an index, and when it is worked on.
#include "keeper/text_indexing.hpp"

#include "base/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace asio = boost::asio;

namespace posthouse::keeper {
namespace {

std::uint64_t number(mailbox::AccountId id)
{
    return static_cast<std::uint64_t>(id);
}

constexpr auto moment = std::chrono::milliseconds(2);

} // namespace

TextIndexing::Keeping TextIndexing::keep(mailbox::AccountId id)
{
    auto& kept = kept_[id];
    if (!kept)
        kept = std::make_shared<Kept>();
    kept->used = Instant::clock::now();
    return kept;
}

Task<void> TextIndexing::pause(Duration time)
{
    asio::steady_timer timer(office_.executor(), time);
    co_await timer.async_wait(asio::use_awaitable);
}

/// Once for all who want it: an index is one object.
Task<void> TextIndexing::open(mailbox::AccountId id, Keeping kept)
{
    while (kept->opening)
        co_await pause(moment);
    if (kept->index || kept->removed || (kept->looked && !kept->begun))
        co_return;
    kept->opening = true;
    const auto partition = textindex::partition_of(number(id));
    if (!kept->begun) {
        const auto version = co_await office_.engine.partitions().version(partition);
        kept->looked = version.has_value();
        kept->begun = kept->begun || (version && *version != store::Version::none);
    }
    if (kept->begun && !kept->removed) {
        auto index = co_await textindex::TextIndex::open(office_.engine, partition);
        if (index)
            kept->index = std::move(*index);
        else
            log::warning("text_index.failed",
                         {{"account", number(id)}, {"reason", store::describe(index.error())}});
    }
    kept->opening = false;
}

Task<TextIndexing::Index> TextIndexing::index_of(mailbox::AccountId id)
{
    if (!is_on())
        co_return nullptr;
    const auto kept = keep(id);
    if (!kept->index)
        co_await open(id, kept);
    co_return kept->removed ? nullptr : kept->index;
}

void TextIndexing::wanted(mailbox::AccountId id)
{
    if (!is_on())
        return;
    const auto kept = keep(id);
    if (kept->removed)
        return;
    kept->looked = kept->begun = true;
    queue(id, *kept);
}

void TextIndexing::changed(const mailbox::Account& account)
{
    if (!is_on())
        return;
    const auto found = kept_.find(account.id());
    const auto kept = found == kept_.end() ? keep(account.id()) : found->second;
    kept->noticed = account.state().record.last_email();
    if (kept->begun)
        notice(account.id(), *kept, Instant::clock::now());
    else if (!kept->looked && !kept->opening)
        asio::co_spawn(office_.executor(), look(account.id(), kept), asio::detached);
}

/// An account that was not asked about since the server started.
Task<void> TextIndexing::look(mailbox::AccountId id, Keeping kept)
{
    if (kept->looked)
        co_return;
    const auto version =
        co_await office_.engine.partitions().version(textindex::partition_of(number(id)));
    if (!version || kept->looked || kept->removed)
        co_return;
    kept->looked = true;
    kept->begun = *version != store::Version::none;
    if (kept->begun)
        notice(id, *kept, Instant::clock::now());
}

void TextIndexing::notice(mailbox::AccountId id, Kept& kept, Instant now)
{
    if (kept.noticed <= kept.newest)
        return;
    if (!kept.since)
        kept.since = now;
    // After a restart the first round tells what is missing.
    const bool many = kept.newest != 0 && kept.noticed - kept.newest >= Limits::due_letters;
    if (many || now - *kept.since >= Limits::due_after)
        queue(id, kept);
}

void TextIndexing::tick(Instant now)
{
    for (const auto& [id, kept] : kept_)
        if (kept->begun && !kept->removed)
            notice(id, *kept, now);
    shed();
}

Task<void> TextIndexing::run()
{
    for (;;) {
        co_await pause(Limits::tick);
        tick(Instant::clock::now());
    }
}

/// Closes indexes that nobody has in hand, those not used for longest first; forgets accounts
/// that have none.
void TextIndexing::shed()
{
    std::vector<std::pair<Instant, mailbox::AccountId>> open;
    std::size_t bytes = 0;
    for (const auto& [id, kept] : kept_)
        if (kept->index) {
            open.emplace_back(kept->used, id);
            bytes += kept->index->memory_bytes();
        }
    std::ranges::sort(open);
    auto count = open.size();
    for (const auto& [used, id] : open) {
        if (count <= Limits::open && bytes <= Limits::memory)
            break;
        auto& index = kept_.at(id)->index;
        if (index.use_count() > 1 || !index->idle())
            continue;
        bytes -= std::min(bytes, index->memory_bytes());
        --count;
        index.reset();
    }
    if (kept_.size() > Limits::known)
        std::erase_if(kept_, [](const auto& entry) {
            const auto& kept = *entry.second;
            return !kept.index && !kept.queued && !kept.opening && !kept.removed;
        });
}

void TextIndexing::queue(mailbox::AccountId id, Kept& kept)
{
    if (kept.queued)
        return;
    kept.queued = true;
    queue_.push_back(id);
    if (!std::exchange(working_, true))
        asio::co_spawn(office_.executor(), work(), asio::detached);
}

// ---- for the administrator ------------------------------------------------------------------

Task<mailbox::Result<TextIndexing::Status>> TextIndexing::status(Account account)
{
    const auto letters = co_await letters_of(account);
    if (!letters)
        co_return std::unexpected(mailbox::Error::unavailable);
    const auto kept = keep(account->id());
    if (!kept->index)
        co_await open(account->id(), kept);
    Status status;
    status.letters = letters->emails.size();
    if (!kept->begun)
        co_return status;
    const auto index = kept->index;
    if (!index)
        co_return std::unexpected(mailbox::Error::unavailable);
    status.indexed = status.letters - (co_await missing(index, *letters)).size();
    status.state = kept->queued || at_work_on_ == account->id() ? State::working
                   : status.indexed == status.letters           ? State::current
                                                                : State::behind;
    co_return status;
}

Task<mailbox::Result<void>> TextIndexing::rebuild(Account account)
{
    const auto id = account->id();
    const auto kept = keep(id);
    if (!kept->index)
        co_await open(id, kept);
    if (const auto index = kept->index)
        if (auto dropped = co_await index->drop(); !dropped)
            co_return std::unexpected(mailbox::from_store(dropped.error()));
    if (!kept->removed) {
        kept->looked = kept->begun = true;
        queue(id, *kept);
    }
    co_return mailbox::Result<void>();
}

Task<mailbox::Result<void>> TextIndexing::erase(mailbox::AccountId id)
{
    const auto kept = keep(id);
    kept->removed = true;
    while (kept->opening || at_work_on_ == id)
        co_await pause(moment);
    auto index = kept->index;
    const auto partition = textindex::partition_of(number(id));
    if (!index) {
        const auto version = co_await office_.engine.partitions().version(partition);
        if (!version)
            co_return std::unexpected(mailbox::from_store(version.error()));
        if (*version != store::Version::none) {
            auto opened = co_await textindex::TextIndex::open(office_.engine, partition);
            if (!opened)
                co_return std::unexpected(mailbox::from_store(opened.error()));
            index = std::move(*opened);
        }
    }
    if (index)
        if (auto dropped = co_await index->drop(); !dropped)
            co_return std::unexpected(mailbox::from_store(dropped.error()));
    std::erase(queue_, id);
    kept->index.reset();
    kept->queued = kept->begun = false;
    kept->looked = true;
    co_return mailbox::Result<void>();
}

} // namespace posthouse::keeper
