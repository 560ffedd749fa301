// SPDX-License-Identifier: Apache-2.0
// An account comes from a backup: its parts are taken and kept aside.
#include "keeper/account_restore.hpp"

#include "archive/account_parts.hpp"
#include "archive/store_id.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "directory/records.pb.h"
#include "mailbox/keys.hpp"
#include "wire/parse.hpp"

#include <fmt/format.h>

namespace posthouse::keeper {
namespace {

using wire::Failure;

const std::string record_row = "!"; // before all rows of an account

store::PartitionId aside(mailbox::AccountId id)
{
    return {std::string(archive::restore_prefix) + base32_encode(static_cast<std::uint64_t>(id))};
}

wire::Result<wire::Answer> sentence(std::string text)
{
    wire::RestoreAnswer answer;
    answer.set_error(std::move(text));
    return wire::answer_with(answer);
}

} // namespace

Task<AccountRestore::Told> AccountRestore::answer(const void* asker, wire::Frame frame)
{
    auto request = wire::parse<wire::RestoreWrite>(frame.message);
    if (frame.head.method != wire::Method::restore_write || !request)
        co_return std::unexpected(Failure::invalid);
    if (!settled_) // A start goes on with what the last one has left.
        co_return std::unexpected(Failure::unavailable);
    if (request->what() == wire::RestoreWrite::BEGIN)
        co_return co_await begin(asker, std::move(*request));
    const auto handle = request->restore();
    const auto found = restorings_.find(handle);
    if (found == restorings_.end() || found->second.asker != asker)
        co_return std::unexpected(Failure::refused);
    auto& restoring = found->second;
    if (restoring.busy) // One after another: rows have an order.
        co_return std::unexpected(Failure::busy);
    restoring.busy = true;
    Told told = std::unexpected(Failure::invalid);
    switch (request->what()) {
    case wire::RestoreWrite::PIECE:
        told = co_await piece(restoring, *request, std::move(frame.raw));
        break;
    case wire::RestoreWrite::ROWS:
        told = co_await rows(restoring, std::move(frame.raw));
        break;
    case wire::RestoreWrite::FINISH:
        co_return co_await finish(handle);
    default:
        break;
    }
    restoring.busy = false;
    if (restoring.asker == nullptr) { // It went meanwhile.
        taken_.erase(restoring.id);
        restorings_.erase(handle);
    }
    co_return told;
}

/// What is aside goes when the same account is restored again, or at the next start.
void AccountRestore::gone(const void* asker)
{
    for (auto it = restorings_.begin(); it != restorings_.end();) {
        auto& restoring = it->second;
        if (restoring.asker != asker) {
            ++it;
            continue;
        }
        log::info("restore.broken_off", {{"address", restoring.record.address()}});
        restoring.asker = nullptr;
        if (restoring.busy) {
            ++it;
            continue;
        }
        taken_.erase(restoring.id);
        it = restorings_.erase(it);
    }
}

// ---- the beginning --------------------------------------------------------------------------

Task<AccountRestore::Told> AccountRestore::begin(const void* asker, wire::RestoreWrite request)
{
    const auto address = mail::Mailbox::parse(request.address());
    directory::AccountRecord stored;
    if (!address || !stored.ParseFromString(request.record()) || stored.id() == 0)
        co_return std::unexpected(Failure::invalid);
    if (restorings_.size() >= Limits::at_once)
        co_return std::unexpected(Failure::busy);
    auto account = co_await office_.accounts.find(*address);
    if (!account)
        co_return std::unexpected(failure_of(account.error()));
    Restoring restoring;
    restoring.asker = asker;
    if (request.replace()) {
        if (!*account)
            co_return sentence(fmt::format("there is no account {} whose letters could be replaced",
                                           address->text()));
        restoring.id = mailbox::AccountId{static_cast<std::uint64_t>((*account)->id)};
        restoring.record.set_address((*account)->address);
        auto present = co_await this->present(restoring.id);
        if (!present)
            co_return std::unexpected(failure_of(present.error()));
        restoring.rows =
            archive::AccountRows({.deliveries = archive::AccountRows::Deliveries::dropped,
                                  .present = std::move(*present)});
    } else {
        if (*account)
            co_return sentence(fmt::format(
                "there is an account {}: --replace takes its letters away for those of the backup, "
                "--as ADDRESS makes another account of them",
                address->text()));
        if (!office_.is_local(address->domain()))
            co_return sentence(fmt::format("{} is not of a domain of ours", address->text()));
        const auto wanted =
            request.copy() ? directory::AccountId{} : directory::AccountId{stored.id()};
        const auto id = co_await office_.accounts.free_id(wanted);
        if (!id)
            co_return std::unexpected(failure_of(id.error()));
        restoring.id = mailbox::AccountId{static_cast<std::uint64_t>(*id)};
        restoring.record.set_address(address->text());
        restoring.record.set_record(request.record());
        restoring.rows =
            archive::AccountRows({.deliveries = archive::AccountRows::Deliveries::dropped});
    }
    co_return co_await begin_aside(std::move(restoring));
}

Task<AccountRestore::Told> AccountRestore::begin_aside(Restoring restoring)
{
    const auto id = restoring.id;
    if (!taken_.insert(id).second)
        co_return sentence("this account is being restored already");
    restoring.record.set_account(static_cast<std::uint64_t>(id));
    auto done = co_await remove_aside(id);
    if (done)
        done = co_await keep(restoring.record);
    if (!done) {
        taken_.erase(id);
        co_return std::unexpected(failure_of(done.error()));
    }
    log::info("restore.begun", {{"address", restoring.record.address()}});
    const auto handle = ++last_;
    restorings_.emplace(handle, std::move(restoring));
    wire::RestoreAnswer answer;
    answer.set_restore(handle);
    co_return wire::answer_with(answer);
}

/// What clients may know of the account as it is.
Task<store::Result<archive::AccountRows::Present>> AccountRestore::present(mailbox::AccountId id)
{
    archive::AccountRows::Present present;
    for (const auto* prefix : {"A", "b"}) {
        for (std::string after;;) {
            const auto page = co_await office_.engine.partitions().scan(
                mailbox::partition_of(id), prefix, after, store::Limits::page_rows);
            if (!page)
                co_return std::unexpected(page.error());
            for (const auto& row : page->rows)
                (void)present.add(row); // What is damaged says nothing: it is being replaced.
            if (!page->more)
                break;
            after = page->rows.back().key;
        }
    }
    co_return present;
}

Task<store::Result<void>> AccountRestore::keep(const Record& record)
{
    store::Commit commit;
    commit.partition = aside(mailbox::AccountId{record.account()});
    commit.put.push_back({record_row, record.SerializeAsString()});
    const auto done = co_await office_.engine.partitions().commit(std::move(commit));
    if (!done)
        co_return std::unexpected(done.error());
    co_return store::Result<void>{};
}

// ---- what comes -----------------------------------------------------------------------------

Task<AccountRestore::Told> AccountRestore::piece(Restoring& restoring,
                                                 const wire::RestoreWrite& request, std::string raw)
{
    auto number = request.upload();
    if (number == 0) {
        if (restoring.uploads.size() >= Limits::uploads)
            co_return std::unexpected(Failure::busy);
        Upload upload;
        upload.id = office_.engine.blobs().new_id();
        auto sink =
            co_await office_.engine.blobs().create(upload.id, mailbox::partition_of(restoring.id));
        if (!sink)
            co_return std::unexpected(failure_of(sink.error()));
        upload.sink = std::move(*sink);
        number = ++restoring.last_upload;
        restoring.uploads.emplace(number, std::move(upload));
    }
    const auto found = restoring.uploads.find(number);
    if (found == restoring.uploads.end())
        co_return std::unexpected(Failure::refused);
    found->second.bytes += raw.size();
    if (const auto written = co_await found->second.sink->write(std::move(raw)); !written)
        co_return std::unexpected(failure_of(written.error()));
    wire::RestoreAnswer answer;
    answer.set_upload(number);
    co_return wire::answer_with(answer);
}

Task<AccountRestore::Told> AccountRestore::rows(Restoring& restoring, std::string raw)
{
    std::string_view rest(raw);
    while (!rest.empty()) {
        store::Commit commit;
        commit.partition = aside(restoring.id);
        auto done = co_await add(commit, restoring, rest);
        if (done && !commit.put.empty())
            if (auto written = co_await office_.engine.partitions().commit(std::move(commit));
                !written)
                done = std::unexpected(written.error());
        if (!done)
            co_return std::unexpected(done.error() == store::Error::corrupt
                                          ? Failure::invalid
                                          : failure_of(done.error()));
    }
    co_return wire::answer_with(wire::RestoreAnswer());
}

/// As much as a commit holds. Every body gets a name of its own here, and belongs to this account
/// alone.
Task<store::Result<void>> AccountRestore::add(store::Commit& commit, Restoring& restoring,
                                              std::string_view& raw)
{
    const auto wrong = std::unexpected(store::Error::corrupt);
    while (!raw.empty() && commit.put.size() < Limits::rows_a_commit) {
        auto part = archive::take_part(raw);
        if (!part || part->row.key <= record_row)
            co_return wrong;
        const char kind = part->row.key.front();
        if (kind == 'x') // Claims of the account that was.
            continue;
        const auto fate = restoring.rows.take(part->row);
        if (fate == archive::AccountRows::Fate::damaged)
            co_return wrong;
        if (fate == archive::AccountRows::Fate::drop)
            continue;
        if (archive::is_message(part->row)) {
            mailbox::Message message;
            if (!message.ParseFromString(part->row.value))
                co_return wrong;
            store::BlobId id;
            std::uint64_t bytes = part->body.size();
            if (part->upload != 0) {
                const auto found = restoring.uploads.find(part->upload);
                if (found == restoring.uploads.end())
                    co_return wrong;
                id = found->second.id;
                bytes = found->second.bytes;
                const auto sealed = co_await found->second.sink->seal();
                restoring.uploads.erase(found);
                if (!sealed)
                    co_return std::unexpected(sealed.error());
            } else {
                id = office_.engine.blobs().new_id();
                commit.blobs.push_back(
                    {id, std::move(part->body), mailbox::partition_of(restoring.id)});
            }
            if (bytes != message.body_bytes())
                co_return wrong;
            message.set_body(id.bytes());
            message.set_shared_body(false);
            part->row.value = message.SerializeAsString();
        }
        commit.put.push_back(std::move(part->row));
    }
    co_return store::Result<void>{};
}

// ---- the end ----------------------------------------------------------------------------------

Task<AccountRestore::Told> AccountRestore::finish(std::uint64_t handle)
{
    auto node = restorings_.extract(handle); // From here on it is nobody's who could go away.
    auto record = node.mapped().record;
    record.set_stage(Record::WHOLE);
    wire::RestoreAnswer answer;
    std::vector<std::string> lost_aliases;
    auto done = co_await keep(record);
    if (done)
        done = co_await go_on(record, lost_aliases);
    taken_.erase(node.mapped().id);
    if (!done) {
        log::error("restore.unfinished", {{"address", record.address()},
                                          {"why", std::string(store::describe(done.error()))}});
        co_return sentence(fmt::format(
            "all has come, but cannot take its place: {}. If the account cannot be opened now, the "
            "next start of the server goes on with it; else it is as it was: try again",
            store::describe(done.error())));
    }
    answer.mutable_lost_aliases()->Assign(lost_aliases.begin(), lost_aliases.end());
    co_return wire::answer_with(answer);
}

Task<store::Result<void>> AccountRestore::settle()
{
    for (std::string after;;) {
        const auto names = co_await office_.engine.partitions().list(
            std::string(archive::restore_prefix), after, store::Limits::page_rows);
        if (!names)
            co_return std::unexpected(names.error());
        if (names->empty()) {
            settled_ = true;
            co_return store::Result<void>{};
        }
        after = names->back().name;
        for (const auto& name : *names) {
            const auto id =
                base32_decode(std::string_view(name.name).substr(archive::restore_prefix.size()));
            if (!id)
                continue;
            std::string address;
            if (const auto done = co_await settle_one(mailbox::AccountId{*id}, address); !done)
                log::error("restore.unfinished",
                           {{"address", address.empty() ? name.name : address},
                            {"why", store::describe(done.error())}});
        }
    }
}

/// What cannot be done now is left for the next start, and holds up no other account.
Task<store::Result<void>> AccountRestore::settle_one(mailbox::AccountId id, std::string& address)
{
    std::vector<std::string> keys{record_row};
    const auto page = co_await office_.engine.partitions().read(aside(id), keys);
    Record record;
    if (!page || (!page->rows.empty() && !record.ParseFromString(page->rows.front().value))) {
        office_.open_accounts.shut(id); // It may be half the one and half the other.
        co_return std::unexpected(page ? store::Error::corrupt : page.error());
    }
    address = record.address();
    std::vector<std::string> lost_aliases;
    if (!page->rows.empty() && record.stage() != Record::WRITING)
        co_return co_await go_on(std::move(record), lost_aliases);
    co_return co_await remove_aside(id);
}

} // namespace posthouse::keeper
