// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "mailbox/records.pb.h"
#include "store/engine.hpp"
#include "store/writer.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// Accounts' mailboxes: one partition an account (docs/design.md, "Store"). This time the INBOX.
namespace posthouse::mailbox {

enum class AccountId : std::uint64_t {};
/// Grows within a mailbox and is never given twice. RFC 9051 §2.3.1.1
enum class Uid : std::uint32_t {};
enum class UidValidity : std::uint32_t {};

store::PartitionId partition_of(AccountId);

/// One account's partition, opened. Belongs to one thread.
class Account {
public:
    template <class T>
    using Result = store::Result<T>;

    static Task<Result<std::shared_ptr<Account>>> open(store::Engine&, AccountId, Timestamp now);

    struct Delivery {
        std::uint64_t id = 0; // the queue's delivery id
        Message message;
    };
    /// Adds a message to the INBOX, durably. A delivery that was applied before is applied no
    /// second time, even if the message has been expunged since.
    Task<Result<void>> deliver(Delivery, Timestamp now);
    /// Was this delivery applied?
    Task<Result<bool>> was_delivered(std::uint64_t id);
    /// The queue will not ask for this delivery again: its id is dropped with the next commit.
    void forget_delivery(std::uint64_t id) { settled_.push_back(id); }

    struct Entry {
        Uid uid;
        std::uint64_t bytes = 0; // prefix and body
    };
    struct Snapshot {
        UidValidity validity{};
        std::vector<Entry> messages; // ascending
    };
    Task<Result<Snapshot>> snapshot();
    Task<Result<Message>> message(Uid);
    /// Absent ones are passed over.
    Task<Result<void>> expunge(std::vector<Uid>);
    /// Claims on shared bodies that a crash left behind are given up.
    Task<Result<void>> settle_releases();

    AccountId id() const { return id_; }
    bool idle() const { return writer_.idle(); }

private:
    Account(store::Engine& engine, AccountId id)
        : engine_(engine),
          id_(id),
          writer_(engine, partition_of(id))
    {
    }

    store::Engine& engine_;
    AccountId id_;
    store::Writer writer_;
    Mailbox inbox_;
    std::vector<std::uint64_t> settled_;
};

/// Bodies that several accounts share: partition "b/<blob>", a claim row for each holder.
/// docs/queue.md, "Shared bodies".
class SharedBodies {
public:
    explicit SharedBodies(store::Engine& engine) : engine_(engine) {}
    static std::string claim_of(AccountId, std::uint64_t delivery);
    static constexpr const char* queue_claim = "q";

    /// The queue's claim and the account's, before any commit that names the body. Repeatable.
    Task<store::Result<void>> claim(store::BlobId, std::string claim);
    Task<store::Result<bool>> is_claimed(store::BlobId);
    /// The last claim takes body and partition along. Repeatable.
    Task<store::Result<void>> release(store::BlobId, std::string claim);

private:
    store::Engine& engine_;
};

} // namespace posthouse::mailbox
