// SPDX-License-Identifier: Apache-2.0
// Opening an account, and its commits.
#include "mailbox/account.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"
#include "mailbox/keys.hpp"

#include <algorithm>

namespace posthouse::mailbox {
namespace {

// Room in one commit: the store's own limits, less what is written besides.
constexpr std::size_t most_rows = store::Limits::commit_rows - 96;
constexpr std::size_t most_bytes = store::Limits::commit_bytes - (1 << 19);
constexpr std::size_t settled_a_commit = 500;

} // namespace

store::PartitionId partition_of(AccountId id)
{
    return {"a/" + base32_encode(static_cast<std::uint64_t>(id))};
}

std::string_view describe(Error error)
{
    switch (error) {
    case Error::nonexistent:
        return "there is no such mailbox or message";
    case Error::exists:
        return "there is such a mailbox already";
    case Error::bad_name:
        return "a mailbox cannot be called that";
    case Error::has_children:
        return "the mailbox has children";
    case Error::cannot:
        return "this cannot be done with this mailbox";
    case Error::over_quota:
        return "the account is full";
    case Error::limit:
        return "a limit is reached";
    case Error::no_space:
        return "the disk is full";
    case Error::unavailable:
        return "the store is not available";
    case Error::unknown:
        return "the outcome is not known";
    case Error::corrupt:
        return "a record is damaged";
    }
    return "unknown error";
}

Error from_store(store::Error error)
{
    switch (error) {
    case store::Error::not_found:
        return Error::nonexistent;
    case store::Error::no_space:
        return Error::no_space;
    case store::Error::too_large:
        return Error::limit;
    case store::Error::corrupt:
        return Error::corrupt;
    case store::Error::unknown:
        return Error::unknown;
    default:
        return Error::unavailable;
    }
}

Account::Account(store::Engine& engine, AccountId id)
    : engine_(engine),
      id_(id),
      writer_(engine, partition_of(id))
{
}

Account::~Account() = default;

// ---- opening --------------------------------------------------------------------------------

Task<Result<std::shared_ptr<Account>>> Account::open(store::Engine& engine, AccountId id,
                                                     Timestamp now)
{
    std::shared_ptr<Account> account(new Account(engine, id));
    if (auto done = co_await account->read_state(now); !done)
        co_return std::unexpected(done.error());
    co_return account;
}

Task<Result<std::vector<store::Row>>> Account::rows_under(std::string prefix)
{
    std::vector<store::Row> rows;
    std::string after;
    for (;;) {
        auto page = co_await engine_.partitions().scan(writer_.partition(), prefix, after,
                                                       store::Limits::page_rows);
        if (!page)
            co_return std::unexpected(from_store(page.error()));
        after = page->rows.empty() ? std::string() : page->rows.back().key;
        std::ranges::move(page->rows, std::back_inserter(rows));
        if (!page->more)
            co_return rows;
    }
}

Task<Result<void>> Account::read_state(Timestamp now)
{
    for (int attempt = 0; attempt < 10; ++attempt) {
        State state;
        auto page = co_await engine_.partitions().read(writer_.partition(), {key::account});
        if (!page)
            co_return std::unexpected(from_store(page.error()));
        const bool found = !page->rows.empty();
        if (found && !state.record.ParseFromString(page->rows.front().value))
            co_return std::unexpected(Error::corrupt);
        auto boxes = co_await rows_under("b");
        if (!boxes)
            co_return std::unexpected(boxes.error());
        for (const auto& row : *boxes) {
            Mailbox record;
            if (!record.ParseFromString(row.value))
                co_return std::unexpected(Error::corrupt);
            const MailboxId id{record.id()};
            state.boxes[id].record = std::move(record);
        }
        auto names = co_await rows_under("n");
        if (!names)
            co_return std::unexpected(names.error());
        for (const auto& row : *names) {
            if (row.key.size() != 9)
                co_return std::unexpected(Error::corrupt);
            const auto first = read_u64(std::string_view(row.key).substr(1)) * key::page_emails;
            for (std::string_view rest = row.value; !rest.empty();) {
                const auto email = mail::take_varint(rest);
                const auto count = mail::take_varint(rest);
                if (!email || !count)
                    co_return std::unexpected(Error::corrupt);
                state.names[first + *email] = static_cast<std::uint32_t>(*count);
            }
        }
        auto subscriptions = co_await rows_under("u");
        if (!subscriptions)
            co_return std::unexpected(subscriptions.error());
        for (const auto& row : *subscriptions)
            state.subscriptions.insert(row.key.substr(1));
        state_ = std::move(state);
        seen_.clear();
        stale_ = false;
        ++readings_;
        if (found)
            co_return Result<void>{};
        if (!state_.boxes.empty())
            co_return co_await modernise();
        // Two may open it at once. Only one makes the INBOX; the other reads what was made.
        Delta delta(state_);
        delta.account().set_format(1);
        delta.add_box("INBOX", now);
        store::Commit first;
        first.partition = writer_.partition();
        first.expect = page->at;
        first.put.push_back({key::account, delta.account().SerializeAsString()});
        first.put.push_back({key::mailbox(inbox), delta.look(inbox)->SerializeAsString()});
        auto made = co_await engine_.partitions().commit(std::move(first));
        if (made) {
            (void)std::move(delta).publish(state_);
            co_return Result<void>{};
        }
        if (made.error() != store::Error::conflict && made.error() != store::Error::unknown)
            co_return std::unexpected(from_store(made.error()));
    }
    co_return std::unexpected(Error::unavailable);
}

// ---- commits --------------------------------------------------------------------------------

Task<Result<void>> Account::commit(Operation operation, std::size_t rows, std::size_t bytes,
                                   Durable durable)
{
    const auto self = shared_from_this();
    Call call;
    call.run = std::move(operation);
    call.durable = std::move(durable);
    call.rows = rows;
    call.bytes = bytes;
    call.readings = readings_;
    if (committing_) {
        auto enqueue = [&] { waiting_.push_back(&call); };
        co_await call.waiter.wait(enqueue);
        if (!call.leads)
            co_return call.result;
    }
    committing_ = true;
    co_await lead(&call);
    co_return call.result;
}

/// One of the callers leads: it commits for itself and all that wait, as far as they fit, and
/// hands the lead on.
Task<> Account::lead(Call* first)
{
    std::vector<Call*> calls{first};
    Result<void> ready;
    if (stale_)
        ready = co_await read_state(wall_clock());
    Delta delta(state_);
    coming_seen_.clear();
    std::size_t bytes = 0;
    const auto run = [&](Call* call) {
        // What was prepared with what is known no more is to be asked again.
        if (ready && call->readings != readings_)
            call->result = std::unexpected(Error::unavailable);
        else
            call->result = ready ? call->run(delta) : ready;
        call->run = nullptr;
        bytes += call->bytes;
    };
    run(first);
    while (!waiting_.empty()) {
        auto* next = waiting_.front();
        if (delta.weight() + next->rows > most_rows ||
            delta.bytes() + bytes + next->bytes > most_bytes)
            break;
        waiting_.pop_front();
        run(next);
        calls.push_back(next);
    }
    std::vector<MailboxId> changed;
    if (!delta.empty()) {
        const auto written = co_await write(delta);
        if (written) {
            changed = std::move(delta).publish(state_);
            tell_room();
        }
        for (auto* call : calls)
            if (call->result && !written)
                call->result = written;
    }
    for (auto* call : calls)
        if (call->result && call->durable)
            call->durable();
    std::vector<store::Waiter*> woken; // The leader itself does not wait.
    for (auto* call : calls)
        if (call != first)
            woken.push_back(&call->waiter);
    if (!waiting_.empty()) {
        waiting_.front()->leads = true;
        woken.push_back(&waiting_.front()->waiter);
        waiting_.pop_front();
    } else {
        committing_ = false;
    }
    if (!woken.empty())
        co_await store::resume_later(std::move(woken));
    if (listener_)
        for (const auto id : changed)
            listener_(id);
}

Task<Result<void>> Account::write(Delta& delta)
{
    auto applied = co_await writer_.apply([&](auto& batch) {
        const auto room = most_rows + 80 - std::min(delta.weight(), most_rows + 80);
        for (std::size_t i = 0; i < std::min(settled_a_commit, room) && !settled_.empty(); ++i) {
            const auto delivered = key::delivered(settled_.back());
            settled_.pop_back();
            if (delta.row(delivered) == nullptr)
                batch.erase(delivered);
        }
        delta.write(batch);
    });
    if (applied)
        co_return Result<void>{};
    // What is on disk is known only after it is read again.
    stale_ = applied.error() == store::Error::unknown || applied.error() == store::Error::fenced;
    co_return std::unexpected(from_store(applied.error()));
}

} // namespace posthouse::mailbox
