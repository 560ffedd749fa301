// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "mailbox/access_rights.hpp"
#include "mailbox/common_room.hpp"
#include "mailbox/ids.hpp"
#include "mailbox/records.pb.h"
#include "mailbox/seen_runs.hpp"
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
    static constexpr std::size_t entry_bytes = 45;     ///< packed; seldom more
    static constexpr std::size_t pages_a_commit = 700; ///< of entries
    static constexpr std::size_t threads = 12;         ///< ids of a message that are looked up
    static constexpr std::size_t summary_bytes = 60'000;
    static constexpr std::size_t metadata_bytes = 60'000;           ///< of a value
    static constexpr std::size_t metadata_bytes_in_all = 256 << 10; ///< of a mailbox, its owner's
    static constexpr std::size_t metadata_entries = 1000;
    static constexpr std::size_t reader_metadata_bytes = 64 << 10; ///< private, a reader
    static constexpr std::size_t reader_metadata_entries = 100;
    static constexpr std::size_t readers_metadata_bytes = 1 << 20; ///< of all of these
    static constexpr std::size_t readers_metadata_entries = 4000;
    static constexpr std::size_t subscriptions = 20'000;
    static constexpr std::size_t trail_rows = 2000; ///< of a mailbox; beyond, half of them go
    static constexpr auto trail_age = std::chrono::hours(60 * 24);
    static constexpr std::size_t access_entries = 100; ///< of a mailbox
};

class GracedMessages;
struct Bringing;

/// Is upkeep() to be done? By the rows key::account and key::upkeep, "" where there is none.
bool upkeep_is_due(std::string_view account, std::string_view upkeep, Timestamp now);

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
    /// Of these emails, by their numbers; absent and damaged ones are left out.
    Task<Result<std::map<std::uint64_t, Message>>> messages_of(std::vector<std::uint64_t>);
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
        mail::UidSet stale;       ///< changed, and before that by others, unknown to the client
        std::uint64_t modseq = 0; ///< of its last commit
        std::vector<std::uint64_t> earlier; ///< of those before, where one could not hold it
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
    struct CopyOrder {
        MailboxId from{};
        mail::UidSet uids;
        MailboxId to{};
        mail::SystemFlags cleared = {}; ///< flags that the copies are not to have
        enum class Keywords : std::uint8_t { kept, cleared } keywords = Keywords::kept;
    };
    /// The body is shared by all names of a message. One commit.
    Task<Result<Copied>> copy(CopyOrder, Timestamp now);
    /// Very many take several commits; each message is in one place at any time.
    Task<Result<Copied>> move(CopyOrder, Timestamp now);
    Task<Result<Copied>> copy(MailboxId from, mail::UidSet uids, MailboxId to, Timestamp now)
    {
        return copy({.from = from, .uids = std::move(uids), .to = to}, now);
    }
    Task<Result<Copied>> move(MailboxId from, mail::UidSet uids, MailboxId to, Timestamp now)
    {
        return move({.from = from, .uids = std::move(uids), .to = to}, now);
    }

    // ---- letters that come from another server: account_import.cpp, docs/moving.md --------------
    static constexpr std::size_t import_id_bytes = 16, identity_bytes = 16;
    struct ImportSource {
        std::string import;                           ///< import_id_bytes that name it
        std::uint32_t uid_validity = 0, uid_next = 0; ///< there; 0: not known
    };
    /// Begins to bring letters into a mailbox, or goes on. True: they will have the UIDs that they
    /// had, and the mailbox the UIDVALIDITY, when all are there: it was empty.
    Task<Result<bool>> begin_import(MailboxId, ImportSource, Timestamp now);
    struct ImportBatch {
        std::string import;
        std::vector<NewMessage> messages;    ///< at most 500
        std::vector<std::uint32_t> uids;     ///< that they had there; 0: none
        std::vector<std::string> identities; ///< by which imported() knows them again
        enum class Quota : std::uint8_t { respected, ignored } quota = Quota::respected;
    };
    struct Imported {
        std::vector<std::uint32_t> uids; ///< in the order of the messages
        std::vector<std::string> keywords_left_out;
    };
    /// One commit, with what is noted about the import.
    Task<Result<Imported>> import_letters(MailboxId, ImportBatch, Timestamp now);
    /// The identities of what came so far, behind one another, and where to go on; "": at the end.
    struct ImportedPage {
        std::string identities, next;
    };
    Task<Result<ImportedPage>> imported(std::string import, MailboxId, std::string after);
    /// All letters of the mailbox are there. Sessions that have it open end, if they could not be
    /// told of them.
    Task<Result<void>> finish_import(std::string import, MailboxId, Timestamp now);
    /// Forgets what was noted.
    Task<Result<void>> forget_import(std::string import);

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

    // ---- what was expunged and can be brought back: account_grace.cpp ---------------------------
    /// From now on what is expunged, not what is moved, is kept until drop_graced(), invisible to
    /// readers. Zero: it goes at once.
    void keep_expunged(Duration keep, std::function<Timestamp()> clock = wall_clock);
    Duration keeps_expunged() const { return keep_; }
    /// Everything where nothing is said.
    struct WantedBack {
        std::optional<std::string> mailbox; ///< as it was called when it was expunged from
        std::optional<Timestamp> since;     ///< expunged then or later
        std::optional<mail::UidSet> uids;
    };
    struct Graced {
        std::string mailbox;
        Timestamp expunged;
        Entry entry;
    };
    struct GracedPage {
        std::vector<Graced> messages;
        std::string next; ///< where to go on; "": that is all
    };
    /// The oldest first.
    Task<Result<GracedPage>> graced(WantedBack, std::string after);
    enum class UidsBack : std::uint8_t {
        /// Sessions that have the mailbox open end, and clients that only look beyond the largest
        /// UID that they know miss them.
        kept,
        fresh,
    };
    struct Undeleted {
        std::map<std::string, mail::UidSet> uids; ///< by mailbox; as they are now
        std::uint64_t messages = 0;
        std::optional<Error> stopped; ///< by this, before the end
    };
    /// Without \Deleted, and saved now. A mailbox that was removed is made anew, with its
    /// UIDVALIDITY where its name is free; where another has its name they go there.
    Task<Result<Undeleted>> undelete(WantedBack, UidsBack, Timestamp now);
    /// Those that were expunged before. How many went for good.
    Task<Result<std::uint64_t>> drop_graced(Timestamp before);
    /// The oldest, until the account with them is within its quota: they take nobody's room.
    Task<Result<std::uint64_t>> make_room();
    bool wants_room() const;
    /// Grows when messages came back with old UIDs, of which no open session can be told.
    std::uint64_t undeletions(MailboxId) const;

    // ---- those who are not the owner: account_shared.cpp ----------------------------------------
    /// Who may do what is in the mailbox's record: rights_of(). A mailbox begins with the access
    /// list of its parent.
    Task<Result<void>> change_access(MailboxId, AccessChange);
    /// Brings what a reader has seen into memory, until shrink().
    Task<Result<void>> load_seen(MailboxId, AccountId reader);
    /// Once loaded; else nothing. What it says stays so, whatever changes.
    std::shared_ptr<const SeenRuns> seen_by(MailboxId, AccountId reader) const;
    struct Reader {
        AccountId account{};
        Rights rights;
    };
    /// As store(), by a reader with \Seen of his own: as far as his rights reach. What he has no
    /// right to change stays as it is.
    Task<Result<Stored>> store_as(Reader, MailboxId, StoreOrder);
    /// Called after each commit that changed what this reader has seen.
    using ReaderListener = std::function<void(MailboxId, AccountId reader)>;
    void on_seen(ReaderListener listener) { reader_listener_ = std::move(listener); }

    // ---- what would grow for ever: account_trail.cpp --------------------------------------------
    /// Trails are cut, and threads without messages forgotten. To be done once a day.
    Task<Result<void>> upkeep(Timestamp now);

    // ---- besides -------------------------------------------------------------------------------
    /// What the configuration says; a quota of its own comes first.
    void set_quota(QuotaLimits limits) { configured_quota_ = limits; }
    QuotaLimits quota() const;
    struct OwnQuota {
        std::optional<std::uint64_t> bytes, messages; ///< 0: no limit; nothing: as configured
    };
    OwnQuota own_quota() const;
    Task<Result<void>> set_own_quota(OwnQuota);
    /// It tells the room of what it holds, and adds nothing where there is none; none: nothing.
    void share_room(std::shared_ptr<CommonRoom>);
    bool is_full() const;
    bool would_fit(std::uint64_t bytes, std::uint64_t messages) const
    {
        return has_room(state_.record, bytes, messages);
    }
    /// MailboxId{0}: the account's own.
    Task<Result<std::map<std::string, std::string>>> metadata(MailboxId);
    Task<Result<void>> set_metadata(MailboxId, std::map<std::string, std::optional<std::string>>);

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
    /// Runs once the operation is durable, before any later one does.
    using Durable = std::move_only_function<void()>;
    struct Call {
        Operation run;
        Durable durable;
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
    Task<Result<void>> commit(Operation, std::size_t rows, std::size_t bytes = 0,
                              Durable durable = {});
    Task<> lead(Call*);
    Task<Result<void>> write(Delta&);
    /// One that is on its way, and the thread that was found for it on disk; 0: none.
    struct Arrival {
        NewMessage message;
        std::uint64_t thread = 0;
    };
    Task<Result<std::vector<Arrival>>> prepare(std::vector<NewMessage>);
    void drop_name(Delta&, std::uint64_t email, const std::map<std::uint64_t, Message>& messages);
    enum class Which : std::uint8_t { all, deleted };
    Task<Result<mail::UidSet>> expunge_page(MailboxId, mail::UidSet, Which);
    Task<Result<mail::UidSet>> expunge_those(MailboxId, std::optional<mail::UidSet>, Which);
    enum class CopyHow : std::uint8_t { copy, move };
    Task<Result<Copied>> copy_page(CopyOrder, CopyHow, Timestamp);
    /// The mailbox goes: what it had become must be known should it come back.
    void keep_estate(Delta&, MailboxId);
    /// In place of drop_name(), of messages that vanish with this commit.
    void keep_graced(Delta&, MailboxId, const std::vector<Entry>&,
                     const std::map<std::uint32_t, std::string>& uidls);
    Task<Result<std::map<std::uint32_t, std::string>>> uidls_of(MailboxId, const mail::UidSet&);
    Task<Result<Undeleted>> undelete_rows(Bringing);
    Task<Result<void>> undelete_row(std::string key, GracedMessages, const Bringing&, Undeleted&);
    Task<Result<std::uint64_t>> drop_graced_row(const store::Row&);
    Task<Result<void>> cut_trail(MailboxId, std::uint64_t until);
    Task<Result<std::vector<std::uint64_t>>> live_threads();
    Task<Result<void>> sweep_threads();
    Task<> take_grace();
    Task<> leave_grace();
    Task<Result<std::uint64_t>> drop_graced_rows(Timestamp before);
    Task<Result<std::uint64_t>> drop_graced_beyond_quota();
    struct StoringAs {
        const Reader& reader;
        MailboxId id;
        const StoreOrder& order;
        const mail::UidSet& uids;
    };
    Result<void> store_part(Delta&, const StoringAs&, Stored&);
    void forget_seen_of_gone(Delta&, MailboxId, AccountId reader, SeenRuns&);
    Task<Result<void>> settle_releases();
    Task<Result<void>> remove_doomed(MailboxId);
    Task<Result<void>> rename_inbox(std::string to, Timestamp now);
    /// Loads both; those of the set that are in `from`.
    Task<Result<mail::UidSet>> prepare_copy(const CopyOrder&);
    void tell_room();
    /// Would the account be within its quota with so much more?
    bool has_room(const AccountRecord&, std::uint64_t bytes, std::uint64_t messages) const;
    Task<Result<std::vector<store::Row>>> rows_under(std::string prefix);
    /// The values under key_of(number), in the order of the numbers (at most 1000); an absent one
    /// is empty.
    Task<Result<std::vector<std::string>>> values(std::string (*key_of)(std::uint64_t),
                                                  std::vector<std::uint64_t> numbers);
    Task<Result<void>> bring_folds(std::vector<std::uint64_t> emails);
    Task<Result<void>> read_folds(std::vector<std::uint64_t> emails);
    Task<void> keep_folds(std::vector<std::uint64_t> emails);
    void remember_fold(std::uint64_t email, std::string);
    void forget_fold(std::uint64_t email);
    std::string packed_folds(std::uint64_t page) const;

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
    std::shared_ptr<CommonRoom> room_;
    Listener listener_;
    ReaderListener reader_listener_;
    std::map<std::pair<MailboxId, AccountId>, std::shared_ptr<const SeenRuns>> seen_;
    /// As the commit that is being put together will have them.
    std::map<std::pair<MailboxId, AccountId>, std::shared_ptr<SeenRuns>> coming_seen_;
    std::unordered_map<std::uint64_t, std::string> folded_; ///< by email
    std::size_t folded_bytes_ = 0;
    Duration keep_{};
    std::function<Timestamp()> clock_ = wall_clock;
    std::map<MailboxId, std::uint64_t> undeletions_;
    bool grace_taken_ = false; ///< Somebody changes rows of graced messages; others wait
    std::deque<store::Waiter*> grace_waits_;
};

/// All that the change would take; it is for nothing without any of them. RFC 4314 §4
Rights rights_for(const Account::StoreOrder&);

} // namespace posthouse::mailbox
