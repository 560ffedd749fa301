// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "mail/message_entry.hpp"
#include "mail/uid_set.hpp"
#include "mailbox/ids.hpp"
#include "mailbox/records.pb.h"
#include "store/writer.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

/// What an account's partition says, in memory: as it is on disk (State), and as the commit that
/// is being put together will have it (Delta).
namespace posthouse::mailbox {

using Entry = mail::MessageEntry;

/// A mailbox.
struct Box {
    Mailbox record;
    bool loaded = false;
    std::vector<Entry> entries;     ///< Once loaded; ascending uid
    std::set<std::uint32_t> marked; ///< pages that have a row of marks

    /// The latest commits, so that who follows closely need not look at every entry.
    struct Recent {
        std::uint64_t modseq = 0;
        mail::UidSet changed, vanished;
    };
    static constexpr std::size_t most_recent = 64;
    std::deque<Recent> recent;          ///< ascending modseq
    std::uint64_t recent_since = ~0ULL; ///< everything behind this MODSEQ is in `recent`

    const Entry* find(std::uint32_t uid) const;
    /// Those with first <= uid <= last
    std::span<const Entry> range(std::uint32_t first, std::uint32_t last) const;
};

struct State {
    AccountRecord record;
    std::map<MailboxId, Box> boxes;               ///< doomed ones too
    std::map<std::uint64_t, std::uint32_t> names; ///< of emails with more than one
    std::set<std::string, std::less<>> subscriptions;

    std::optional<MailboxId> find(std::string_view name) const; ///< not of doomed ones
};

/// One commit on its way: changes beside the state, which stays as it is until they are durable.
class Delta {
public:
    explicit Delta(const State& state) : state_(state), account_(state.record) {}

    /// As this commit will have it.
    AccountRecord& account() { return account_; }
    std::uint64_t next_modseq()
    {
        account_.set_modseq(account_.modseq() + 1);
        return account_.modseq();
    }
    /// Nothing: no such mailbox (or it is doomed).
    Mailbox* box(MailboxId);
    const Mailbox* look(MailboxId) const;
    std::optional<MailboxId> find(std::string_view name) const;
    MailboxId add_box(std::string name, Timestamp now);
    void erase_box(MailboxId);
    /// The boxes as this commit will have them.
    std::vector<const Mailbox*> boxes() const;

    /// Are its entries there, so that they can be looked at and changed?
    bool is_loaded(MailboxId) const;
    /// Of a loaded mailbox; valid until entries of this mailbox come or go.
    const Entry* entry(MailboxId, std::uint32_t uid) const;
    /// New or changed; counts it. `before`: what entry() says of this UID.
    void put(MailboxId, const Entry&, const Entry* before);
    void put(MailboxId id, const Entry& entry) { put(id, entry, this->entry(id, entry.uid)); }
    /// For many at once: `change` alters flags, keywords and MODSEQ of an entry, and says whether
    /// it did. The UIDs are of messages that are there.
    void change_flags(MailboxId, const mail::UidSet&, const std::function<bool(Entry&)>& change);
    void vanish(MailboxId, std::uint32_t uid);
    /// How often this email is named; 0 after the last one vanished.
    std::uint32_t names(std::uint64_t email) const;
    void set_names(std::uint64_t email, std::uint32_t count);

    bool subscribed(const std::string& name) const;
    void subscribe(const std::string& name);
    void unsubscribe(const std::string& name);

    void put_row(std::string key, std::string value);
    void erase_row(std::string key);
    const std::string* row(const std::string& key) const; ///< put by this commit
    void add_blob(store::BlobId, std::string data);
    void drop_blob(store::BlobId id) { dropped_.push_back(id); }

    bool empty() const { return !touched_; }
    /// Rows that the commit will have, at most.
    std::size_t weight() const;
    std::size_t bytes() const { return bytes_; }

    /// Once: rows of pages, mailboxes and the account come with it.
    void write(store::Writer::Batch&);
    /// After it is durable. Those that have changed.
    std::vector<MailboxId> publish(State&) &&;

private:
    /// A page of a mailbox's entries as this commit will have it, copied from the state when the
    /// first of them changes: it is written whole anyway.
    struct Page {
        std::vector<Entry> entries; ///< ascending uid
        bool reshaped = false;      ///< some came or went
        bool rewritten = false;     ///< in more than their marks
    };
    struct Part {
        std::optional<Mailbox> record; ///< nothing: only looked at
        bool fresh = false, erased = false;
        std::map<std::uint32_t, Page> pages;
        std::map<std::uint64_t, Box::Recent> news; ///< by modseq
    };
    Mailbox& writable(MailboxId);
    void count(Mailbox&, const Entry&, int by);
    /// As it is on disk.
    std::span<const Entry> old_page(MailboxId, std::uint32_t page) const;
    Page& writable_page(MailboxId, Part&, std::uint32_t page);
    void write_pages(store::Writer::Batch&, MailboxId, const Part&) const;
    static void settle_entries(Box&, std::map<std::uint32_t, Page>&);
    static void settle_marks(Box&, const std::map<std::uint32_t, Page>&);
    std::string packed_names(std::uint64_t page) const;
    std::set<std::uint64_t> name_pages() const;

    const State& state_;
    AccountRecord account_;
    std::map<MailboxId, Part> parts_;
    std::map<std::uint64_t, std::uint32_t> names_;
    std::map<std::string, bool> subscriptions_;
    std::map<std::string, std::optional<std::string>, std::less<>> rows_;
    std::vector<std::pair<store::BlobId, std::string>> blobs_;
    std::vector<store::BlobId> dropped_;
    std::size_t bytes_ = 0;
    bool touched_ = false;
};

} // namespace posthouse::mailbox
