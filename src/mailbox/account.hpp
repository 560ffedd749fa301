// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "mailbox/ids.hpp"
#include "mailbox/records.pb.h"
#include "mailbox/shared_bodies.hpp"
#include "mailbox/state.hpp"
#include "store/engine.hpp"
#include "store/waiter.hpp"
#include "store/writer.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

/// Accounts' mailboxes: one partition an account (docs/mailboxes.md).
namespace posthouse::mailbox {

struct Limits {
    static constexpr std::size_t mailboxes = 10'000;
    static constexpr std::size_t name_bytes = 400; ///< of a mailbox, with its parents'
    static constexpr std::size_t depth = 32;
    static constexpr int keywords = 64;           ///< of a mailbox
    static constexpr std::size_t a_commit = 1000; ///< messages changed by one commit of ours
    static constexpr std::size_t flags_a_commit = 80'000;
    static constexpr std::size_t pages_a_commit = 700; ///< of entries, 45 bytes each at most
    static constexpr std::size_t threads = 12;         ///< ids of a message that are looked up
    static constexpr std::size_t summary_bytes = 60'000;
    static constexpr std::size_t metadata_bytes = 60'000;           ///< of a value
    static constexpr std::size_t metadata_bytes_in_all = 256 << 10; ///< of a mailbox
    static constexpr std::size_t metadata_entries = 1000;           ///< of a mailbox
    static constexpr std::size_t subscriptions = 20'000;
};

/// What all mailboxes together may hold; 0: no limit.
struct QuotaLimits {
    std::uint64_t bytes = 0, messages = 0;
};

/// One account's partition, opened. Belongs to one thread; there is one object for an account.
///
/// What readers see is durable: a change is shown after its commit, never before. Changes that
/// wait are committed together.
class Account : public std::enable_shared_from_this<Account> {
public:
    /// Writes nothing (but a first INBOX), since somebody else may have opened it meanwhile; whose
    /// object is the one that counts goes on with settle().
    static Task<Result<std::shared_ptr<Account>>> open(store::Engine&, AccountId, Timestamp now);
    ~Account();

    // ---- what is there: in memory, at once ---------------------------------------------------
    const State& state() const { return state_; }
    /// Not of doomed ones. Valid until the caller suspends.
    const Mailbox* mailbox(MailboxId) const;
    std::optional<MailboxId> find(std::string_view name) const { return state_.find(name); }

    // ---- messages ----------------------------------------------------------------------------
    struct NewMessage {
        Message message;
        std::string summary; ///< mailbox/summary.proto; kept as it is
        std::uint64_t size = 0;
        std::int64_t internal_date = 0; ///< Microseconds
        mail::Flags flags = {};
        /// Hashes of its own message-id (first; 0: none) and of those it refers to, the nearest
        /// first: how it finds its thread.
        std::vector<std::uint64_t> threading = {};
        std::string uidl = {}; ///< that another POP3 server gave it; RFC 1939 §7
        /// Of a body that comes with this commit.
        std::optional<std::string> data = {};
    };
    struct Added {
        UidValidity validity{};
        mail::UidSet uids;
        std::uint64_t modseq = 0;
    };
    struct Gone { ///< what goes in the commit of what takes its place
        MailboxId mailbox{};
        std::uint32_t uid = 0;
    };
    /// Adds messages, durably, all or none (at most 500, or Error::limit).
    Task<Result<Added>> append(MailboxId, std::vector<NewMessage>, Timestamp now,
                               std::optional<Gone> = {});

    /// A letter from the queue. A delivery that was applied before is applied no second time, even
    /// if the message has been expunged since. Quota does not count: that was asked at RCPT.
    Task<Result<void>> deliver(std::uint64_t delivery, NewMessage, Timestamp now,
                               MailboxId = inbox);
    Task<Result<bool>> was_delivered(std::uint64_t delivery);
    /// The queue will not ask for this delivery again: its id is dropped with the next commit.
    void forget_delivery(std::uint64_t delivery) { settled_.push_back(delivery); }

    /// Brings the entries of a mailbox into memory; they stay until shrink().
    Task<Result<void>> load(MailboxId);
    /// Of a loaded mailbox; valid until the caller suspends.
    std::span<const Entry> entries(MailboxId) const;
    Task<Result<Message>> message(std::uint64_t email);
    Task<Result<Message>> message(MailboxId, Uid);
    /// Stored summaries, in the order of the emails; an absent one is empty.
    Task<Result<std::vector<std::string>>> summaries(std::vector<std::uint64_t> emails);
    /// The folded fields (summary.proto) of these emails, in their order, remembered from one
    /// search to the next as far as there is room; an empty one has none. Valid until the caller
    /// suspends.
    Task<Result<std::vector<std::string_view>>> folded(std::vector<std::uint64_t> emails);
    /// UIDLs that came from another server, by UID.
    Task<Result<std::map<std::uint32_t, std::string>>> uidls(MailboxId);
    /// In place of a damaged one.
    Task<Result<void>> put_summary(std::uint64_t email, std::string);

    struct Changed {
        std::uint64_t modseq = 0;
        mail::UidSet vanished; ///< maybe with some that vanished before, or never were
        mail::UidSet changed;  ///< new ones too
    };
    /// What became different behind this MODSEQ. RFC 7162 §3.2.5
    Task<Result<Changed>> changes(MailboxId, std::uint64_t since);

    enum class FlagChange : std::uint8_t { replace, add, remove };
    struct StoreOrder {
        mail::UidSet uids;
        FlagChange change = FlagChange::add;
        mail::Flags flags;
        std::optional<std::uint64_t> unchanged_since;
        std::uint64_t known_modseq = 0; ///< up to here the client knows all flags; 0: no matter
    };
    struct Stored {
        mail::UidSet changed, refused; ///< refused: changed since. RFC 7162 §3.1.3
        mail::UidSet stale; ///< changed, and before that by others, unknown to the client
        std::uint64_t modseq = 0;
    };
    Task<Result<Stored>> store(MailboxId, StoreOrder);

    /// Absent ones are passed over. Those that went.
    Task<Result<mail::UidSet>> expunge(MailboxId, mail::UidSet);
    /// Only those that are \Deleted when their turn comes.
    Task<Result<mail::UidSet>> expunge_deleted(MailboxId, std::optional<mail::UidSet> among);

    struct Copied {
        UidValidity validity{};
        mail::UidSet from, to; ///< in the same order
        std::uint64_t modseq = 0;
    };
    /// The body is shared by all names of a message. Error::limit over a_commit messages to move.
    Task<Result<Copied>> copy(MailboxId from, mail::UidSet, MailboxId to, Timestamp now);
    /// One commit.
    Task<Result<Copied>> move(MailboxId from, mail::UidSet, MailboxId to, Timestamp now);

    // ---- the tree ------------------------------------------------------------------------------
    /// With parents that are missing.
    Task<Result<MailboxId>> create(std::string name, std::string special_use, Timestamp now);
    /// The name is free at once; the messages go after it.
    Task<Result<void>> remove(MailboxId);
    /// With what is below it. Of INBOX: its messages go to the new one. RFC 9051 §6.3.6
    Task<Result<void>> rename(MailboxId, std::string to, Timestamp now);
    Task<Result<void>> subscribe(std::string name);
    Task<Result<void>> unsubscribe(std::string name);
    /// Those that a new account has; once in its life.
    struct Standard {
        std::string name, special_use;
    };
    Task<Result<void>> furnish(std::vector<Standard>, Timestamp now);
    /// A session has been told of these: they are \Recent to no other. Kept with the next commit.
    void take_recent(MailboxId);

    // ---- besides -------------------------------------------------------------------------------
    void set_quota(QuotaLimits limits) { configured_quota_ = limits; }
    QuotaLimits quota() const { return configured_quota_; }
    bool is_full() const;
    /// MailboxId{0}: the account's own.
    Task<Result<std::map<std::string, std::string>>> metadata(MailboxId);
    Task<Result<void>> set_metadata(MailboxId, std::map<std::string, std::optional<std::string>>);
    Task<Result<std::map<std::string, std::string>>> access_list(MailboxId);
    Task<Result<void>> set_access(MailboxId, std::string identifier, std::string rights);

    /// Removes every message of every mailbox: before the account's partition is dropped.
    Task<Result<void>> empty();
    /// Claims on shared bodies and doomed mailboxes that a crash left behind.
    Task<Result<void>> settle();

    /// Called after each commit for every mailbox that it changed; MailboxId{0}: the tree.
    /// Changes come as one call each, in order.
    using Listener = std::function<void(MailboxId)>;
    void on_change(Listener listener) { listener_ = std::move(listener); }

    AccountId id() const { return id_; }
    bool idle() const { return !committing_ && waiting_.empty() && busy_ == 0 && writer_.idle(); }
    std::size_t memory_bytes() const;
    /// Forgets entries, of an idle account.
    void shrink();

private:
    using Operation = std::move_only_function<Result<void>(Delta&)>;
    struct Call {
        Operation run;
        std::size_t rows = 0, bytes = 0; ///< that it will add, at most
        std::uint64_t readings = 0;      ///< of the state, when it was prepared
        store::Waiter waiter;
        Result<void> result = std::unexpected(Error::unavailable);
        bool leads = false;
    };
    /// Keeps an account from being shrunk.
    class Hold {
    public:
        explicit Hold(Account& account) : account_(account) { ++account_.busy_; }
        ~Hold() { --account_.busy_; }
        Hold(const Hold&) = delete;

    private:
        Account& account_;
    };

    Account(store::Engine& engine, AccountId id);
    Task<Result<void>> read_state(Timestamp now);
    Task<Result<void>> modernise();
    /// Runs it when its turn comes, and commits what it did. An operation that fails must have
    /// changed nothing.
    Task<Result<void>> commit(Operation, std::size_t rows, std::size_t bytes = 0);
    Task<> lead(Call*);
    Task<Result<void>> write(Delta&);
    /// One that is on its way, and the thread that was found for it on disk; 0: none.
    struct Arrival {
        NewMessage message;
        std::uint64_t thread = 0;
    };
    Task<Result<std::vector<Arrival>>> prepare(std::vector<NewMessage>);
    void drop_name(Delta&, std::uint64_t email, const std::map<std::uint64_t, Message>& messages);
    Task<Result<std::map<std::uint64_t, Message>>> messages_of(std::vector<std::uint64_t>);
    enum class Which : std::uint8_t { all, deleted };
    Task<Result<mail::UidSet>> expunge_page(MailboxId, mail::UidSet, Which);
    Task<Result<mail::UidSet>> expunge_those(MailboxId, std::optional<mail::UidSet>, Which);
    enum class CopyHow : std::uint8_t { copy, move };
    Task<Result<Copied>> copy_page(MailboxId, mail::UidSet, MailboxId, CopyHow, Timestamp);
    Task<Result<void>> settle_releases();
    Task<Result<void>> remove_doomed(MailboxId);
    Task<Result<void>> rename_inbox(std::string to, Timestamp now);
    /// Loads both; those of the set that are in `from`.
    Task<Result<mail::UidSet>> prepare_copy(MailboxId from, const mail::UidSet&, MailboxId to);
    /// Would the account be within its quota with so much more?
    bool has_room(const AccountRecord&, std::uint64_t bytes, std::uint64_t messages) const;
    Task<Result<std::vector<store::Row>>> rows_under(std::string prefix);

    store::Engine& engine_;
    AccountId id_;
    store::Writer writer_;
    State state_;
    std::deque<Call*> waiting_;
    bool committing_ = false;
    bool stale_ = false;         ///< what is on disk is not known
    std::uint64_t readings_ = 0; ///< how often the state was read
    int busy_ = 0;
    std::vector<std::uint64_t> settled_;
    QuotaLimits configured_quota_;
    Listener listener_;
    std::unordered_map<std::uint64_t, std::string> folded_; ///< by email
    std::size_t folded_bytes_ = 0;
};

} // namespace posthouse::mailbox
