// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/text.hpp"
#include "imap/search_key.hpp"
#include "keeper/letter_text.hpp"
#include "keeper/mailboxes.hpp"
#include "wire/messages.pb.h"

#include <algorithm>
#include <deque>
#include <optional>

namespace posthouse::keeper {

struct Mailboxes::Viewer {
    const wire::Link* gate = nullptr;
    std::uint64_t session = 0;
    Person who;

    explicit Viewer(const ReaderSession& from)
        : gate(from.gate.get()),
          session(from.handle),
          who{from.account, from.address}
    {
    }
};

struct Mailboxes::Tree {
    std::shared_ptr<mailbox::Account> account;
    Person owner;
    mailbox::AccountId viewer{};
    std::string path; ///< what the name is in there

    bool foreign() const { return owner.id != viewer; }
    /// As its viewer names it.
    std::string name_of(std::string_view path_in_it) const
    {
        return foreign() ? Sharing::name_of(owner, path_in_it) : std::string(path_in_it);
    }
    mailbox::Rights rights(const mailbox::Mailbox& box) const
    {
        return foreign() ? mailbox::rights_of(viewer, box) : mailbox::Rights::all();
    }
    /// What may be done with the nearest mailbox above the path. Nothing: there is none.
    mailbox::Rights rights_above() const;
};

struct Mailboxes::Spot {
    Tree tree;
    mailbox::MailboxId id{};
    mailbox::Rights rights;

    const mailbox::Mailbox* mailbox() const { return tree.account->mailbox(id); }
    mailbox::Account::Reader reader() const { return {tree.viewer, rights}; }
};

struct Mailboxes::Place {
    std::shared_ptr<mailbox::Account> account;
    Person owner;
    mailbox::AccountId viewer{};
    mailbox::MailboxId id{};
    bool read_only = false;
    mailbox::Rights rights = mailbox::Rights::all();
    /// Of a viewer who is not the owner: what he has seen.
    std::shared_ptr<const mailbox::SeenRuns> seen = {};

    const mailbox::Mailbox* mailbox() const { return account->mailbox(id); }
    bool foreign() const { return seen != nullptr; }
    mailbox::Account::Reader reader() const { return {viewer, rights}; }
    /// In place of the snapshot that it came with. False: it is not in memory any more.
    bool look_again()
    {
        if (foreign())
            seen = account->seen_by(id, viewer);
        return !foreign() || seen != nullptr;
    }

    /// Numbers of letters and threads are their account's own: among another's they are others
    /// (RFC 8474 §3). And back again.
    std::uint64_t number(std::uint64_t own) const
    {
        return foreign() && own != 0 ? own ^ foreign_numbers(owner.id) : own;
    }
    /// In a program that searches the account's own.
    void use_own_numbers(imap::SearchKey&) const;
    /// With the viewer's \Seen.
    mail::MessageEntry as_seen(mail::MessageEntry entry) const
    {
        if (!foreign())
            return entry;
        const auto* run = seen->find(entry.uid);
        entry.flags.clear(mail::SystemFlag::seen);
        if (run != nullptr && run->seen)
            entry.flags.set(mail::SystemFlag::seen);
        if (run != nullptr)
            entry.modseq = std::max<std::uint64_t>(entry.modseq, run->modseq);
        return entry;
    }
    /// As the viewer is shown it.
    mail::MessageEntry shown(mail::MessageEntry entry) const
    {
        entry = as_seen(entry);
        entry.email = number(entry.email);
        entry.thread = number(entry.thread);
        return entry;
    }
    bool has_seen(const mail::MessageEntry& entry) const
    {
        return foreign() ? seen->seen(entry.uid) : entry.flags.has(mail::SystemFlag::seen);
    }
    std::uint64_t highest_modseq(const mailbox::Mailbox& box) const
    {
        return std::max<std::uint64_t>(
            {box.highest_modseq(), foreign() ? seen->highest_modseq() : 0, 1});
    }

private:
    /// Above all numbers that are given.
    static std::uint64_t foreign_numbers(mailbox::AccountId owner)
    {
        const auto mixed = static_cast<std::uint64_t>(owner) * 0x9e3779b97f4a7c15ULL;
        return (mixed | 1ULL << 63) & ~0xffffffffffULL;
    }
};

/// A letter that a client appends, on its way in.
struct Mailboxes::Upload {
    std::uint64_t session = 0;
    const wire::Link* gate = nullptr;
    store::BlobId blob;
    mailbox::AccountId account{};
    std::string data;                      // until it is too large for memory
    std::shared_ptr<store::BlobSink> sink; // from then on
    bool sealed = false, failed = false, busy = false;
    std::uint64_t bytes = 0;
};

/// A letter that a sorter indexes: of an upload, or of a message of a mailbox.
/// What a sorter searches: entries, ascending, of one account.
struct Mailboxes::Searching {
    Asker by;
    const wire::Link* sorter = nullptr;
    std::shared_ptr<mailbox::Account> account;
    std::vector<mail::MessageEntry> entries;
    std::size_t next = 0;
    // The letters read last, and those before them: a sorter reads ahead of what it looks through.
    std::vector<mail::MessageEntry> in_hand, in_hand_before;
    std::uint32_t uid = 0; // of a large letter, whose text this is
    std::shared_ptr<const LetterText> text;

    void take_in_hand(std::vector<mail::MessageEntry> letters)
    {
        in_hand_before = std::exchange(in_hand, std::move(letters));
    }
};

struct Mailboxes::Indexing {
    const wire::Link* sorter = nullptr;
    std::shared_ptr<Upload> upload;
    std::optional<LetterText> text;
    std::uint64_t bytes = 0;
    std::uint64_t job = 0;
};

/// That a new account has.
std::vector<mailbox::Account::Standard> standard_of(const config::Mailboxes&);

/// RFC 5464 §3.3
bool may_see_metadata(mailbox::Rights);
/// What of it then.
std::map<std::string, std::string> metadata_for(mailbox::AccountId viewer, mailbox::AccountId owner,
                                                std::map<std::string, std::string> values);

/// MAILBOXID: "F" and 13 characters; among others' mailboxes the owner's follow. RFC 8474 §4
inline std::string object_id(const mailbox::Mailbox& box, std::optional<mailbox::AccountId> owner)
{
    auto id = "F" + base32_encode(box.object_id());
    if (owner)
        id += base32_encode(static_cast<std::uint64_t>(*owner));
    return id;
}

/// For the sets that requests carry: "1:5,7". Nothing: not a set.
inline std::optional<mail::UidSet> uids_in(const std::string& text)
{
    return text.empty() ? mail::UidSet() : mail::UidSet::parse(text, 400'000);
}

} // namespace posthouse::keeper
