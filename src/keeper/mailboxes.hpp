// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/office.hpp"
#include "keeper/quotas.hpp"
#include "keeper/reader_sessions.hpp"
#include "keeper/sharing.hpp"
#include "keeper/text_indexing.hpp"
#include "keeper/workers.hpp"
#include "wire/link.hpp"
#include "wire/mailboxes.pb.h"

#include <memory>
#include <set>
#include <string>

namespace posthouse::keeper {

class LetterText;

/// Serves the reader gates' IMAP sessions: wire/mailboxes.proto. What a gate may name is its
/// sessions' handles, and within a session the mailboxes that this session has opened, by number.
class Mailboxes {
public:
    struct Limits {
        static constexpr std::size_t page_bytes = 1 << 20; ///< of packed entries and summaries
        static constexpr std::size_t summaries_a_page = 512;
        static constexpr std::uint32_t piece = 256 * 1024;
        static constexpr std::size_t letters_at_once = 64; ///< of those that are searched
        static constexpr int list_items = 2000;            ///< a page
        static constexpr std::size_t uploads = 2000;
        static constexpr std::size_t uploads_an_account = 500;
        static constexpr std::uint64_t in_memory = 1 << 20;    ///< of an upload; then it is a file
        static constexpr std::size_t all_in_memory = 64 << 20; ///< uploads together; likewise
        static constexpr std::size_t unindexable = 10'000;     ///< remembered
        static constexpr int messages_an_append = 500;
        static constexpr std::ptrdiff_t searches_an_account = 2; ///< of letters' texts
        static constexpr std::size_t texts_looked_up = 32;       ///< in the index, of a program
        static constexpr auto search_waits = std::chrono::seconds(60);
        static constexpr int search_attempts = 4; ///< after letters that brought a sorter down
        static constexpr std::size_t unsearchable = 10'000; ///< of these letters are remembered
        /// Copied to another account by one command.
        static constexpr std::size_t copied_across = 10'000;
        /// Likewise, in one commit
        static constexpr std::size_t across_at_once = 100, across_bytes_at_once = 8 << 20;
    };

    Mailboxes(Office&, ReaderSessions&, Workers& sorters);
    ~Mailboxes();

    Task<wire::Result<wire::Answer>> answer(std::shared_ptr<wire::Link>, wire::Frame);
    /// Sorters read on what they index or search.
    Task<wire::Result<wire::Answer>> answer_sorter(const wire::Link*, wire::Frame);
    void gone(const wire::Link*);
    Quotas& quotas() { return quotas_; }
    Sharing& sharing() { return sharing_; }
    /// A letter that no session uploads, whole: its body in memory, or else written but not sealed.
    struct Brought {
        store::BlobId blob;
        std::string data;
        std::shared_ptr<store::BlobSink> sink;
        std::uint64_t bytes = 0;
        mail::Flags flags;
        std::int64_t internal_date = 0;
    };
    /// What it becomes in a mailbox; with a summary, if a sorter can make one.
    Task<wire::Result<mailbox::Account::NewMessage>> index(Brought);
    TextIndexing& texts() { return texts_; }

private:
    using Answer = wire::Result<wire::Answer>;
    struct Viewer; ///< Whose session asks: stays when the session goes
    struct Tree;   ///< Whose mailboxes a name is among
    struct Spot;   ///< A mailbox that was named
    struct Place;  ///< An opened mailbox of a session, found
    struct Upload;
    struct Indexing; ///< A letter that a sorter indexes
    struct Searching;

    template <class Request>
    Task<Answer> with_session(const wire::Link*, wire::Frame,
                              Task<Answer> (Mailboxes::*)(ReaderSession&, Request,
                                                          std::string raw));
    Task<wire::Result<std::shared_ptr<mailbox::Account>>> account_of(Viewer);
    Task<wire::Result<Tree>> tree_of(Viewer, std::string name);
    /// no_permission without these rights; but nonexistent where it may not even be seen.
    Task<wire::Result<Spot>> spot_of(Viewer, std::string name, mailbox::Rights needed);
    /// With what rights there are at this moment; `gone` where it may not be read any more.
    Task<wire::Result<Place>> place_of(const ReaderSession&, std::uint32_t handle);
    void opened(mailbox::Account&);
    void changed(mailbox::AccountId, mailbox::MailboxId);
    void changed_for(mailbox::AccountId, mailbox::MailboxId, mailbox::AccountId reader);
    bool note_changed(ReaderSession&, mailbox::AccountId, mailbox::MailboxId);
    bool note_watched(ReaderSession&, mailbox::AccountId, mailbox::MailboxId);
    void note_metadata(const Spot&, const wire::MailboxMetadata&, std::uint64_t by);
    void tell_soon(ReaderSession&);
    void tell(ReaderSession&);

    Task<Answer> list(ReaderSession&, wire::ListMailboxes, std::string);
    Task<Answer> change_tree(ReaderSession&, wire::ChangeTree, std::string);
    Task<Answer> open(ReaderSession&, wire::OpenMailbox, std::string);
    Task<Answer> close(ReaderSession&, wire::MailboxHandle, std::string);
    Task<Answer> changes(ReaderSession&, wire::AskChanges, std::string);
    Task<Answer> entries(ReaderSession&, wire::AskEntries, std::string);
    Task<Answer> store(ReaderSession&, wire::StoreFlags, std::string);
    Task<Answer> expunge(ReaderSession&, wire::ExpungeMessages, std::string);
    Task<Answer> copy(ReaderSession&, wire::CopyMessages, std::string);
    Task<Answer> summaries(ReaderSession&, wire::AskSummaries, std::string);
    Task<Answer> read(ReaderSession&, wire::ReadPart, std::string);
    Task<Answer> search(ReaderSession&, wire::SearchMessages, std::string);
    Task<Answer> append(ReaderSession&, wire::AppendMessages, std::string);
    Task<Answer> open_upload(ReaderSession&, wire::OpenUpload, std::string);
    Task<Answer> quota(ReaderSession&, wire::MailboxQuota, std::string);
    Task<Answer> metadata(ReaderSession&, wire::MailboxMetadata, std::string);
    using Listing = std::map<std::string, Spot>; ///< without a MailboxId: only subscribed to
    Task<wire::Result<Listing>> listing(Viewer, std::string alone);
    Task<wire::Result<void>> put_status(const Spot&, wire::MailboxStatus&);
    Task<Answer> create(Viewer, std::string name, std::string special_use);
    Task<Answer> rename(Viewer, std::string name, std::string to);
    enum class CopyHow : std::uint8_t { copy, move };
    Task<Answer> copy_across(Place from, mail::UidSet, Spot to, CopyHow);
    Task<wire::Result<mailbox::Account::NewMessage>> copy_of(const Place&, mail::MessageEntry,
                                                             const Spot& to);
    /// In place of the flags that a viewer's copies may not have; and what he has seen of them.
    static mailbox::Account::CopyOrder copy_order(const Place& from, const Spot& to);
    Task<void> mark_seen_copies(const Place& from, const Spot& to, const mailbox::Account::Copied&);
    Task<void> mark_seen(const Spot&, mail::UidSet);
    /// A large body that is on disk already is the account's that it was begun for.
    Task<wire::Result<void>> rehome(Upload&, mailbox::AccountId);
    /// Takes away the flags that its viewer may not set there; those to be \Seen by him.
    static std::vector<bool> keep_rights(const Spot&, std::vector<mailbox::Account::NewMessage>&);
    static mail::UidSet picked(const mail::UidSet&, const std::vector<bool>&);
    Task<wire::Result<Tree>> quota_tree(Viewer, std::string name);
    void tell_shared(const Person& owner, mailbox::AccountId grantee);
    Task<Answer> access_rights(ReaderSession&, wire::MailboxAccess, std::string);
    Task<Answer> watch(ReaderSession&, wire::WatchMailboxes, std::string);
    Task<Answer> append_upload(const wire::Link*, wire::Frame);
    Task<Answer> next_candidates(const wire::Link*, wire::Frame);
    Task<Answer> next_letters(std::shared_ptr<Searching>, std::span<const mail::MessageEntry>,
                              const wire::NextCandidates&);

    std::shared_ptr<Upload> new_upload(const ReaderSession&);
    wire::Result<std::vector<std::shared_ptr<Upload>>>
    letters_of(const ReaderSession&, const wire::AppendMessages&, std::string raw);
    Task<wire::Result<mailbox::Account::NewMessage>> index(std::shared_ptr<Upload>,
                                                           const wire::AppendMessages::Letter&);
    Task<void> drop(std::vector<std::shared_ptr<Upload>>);
    Task<wire::Result<std::string>> summary_again(std::shared_ptr<mailbox::Account>,
                                                  std::uint64_t email);
    Task<wire::Result<wire::Typed<wire::LetterIndexed>>> index_text(std::shared_ptr<Indexing>);

    struct Asker { ///< Whose session it is for
        const wire::Link* gate = nullptr;
        std::uint64_t session = 0;
    };
    struct TextProgram {
        std::vector<std::string> keywords; ///< of the mailbox
        std::string packed;
    };
    Task<wire::Result<wire::SearchedLetters>>
        search_text(Asker, Place, std::vector<mail::MessageEntry>, TextProgram);
    Task<wire::Result<wire::SearchedLetters>> ask_search(std::shared_ptr<Searching>, TextProgram,
                                                         Workers::Company);
    Task<bool> try_alone(const Searching&, std::vector<mail::MessageEntry> suspects, TextProgram);

    Office& office_;
    Quotas quotas_{office_};
    ReaderSessions& sessions_;
    Workers& sorters_;
    Sharing sharing_{office_};
    TextIndexing texts_;
    std::map<std::uint64_t, std::shared_ptr<Upload>> uploads_;
    std::uint64_t last_upload_ = 0;
    std::map<std::uint64_t, std::shared_ptr<Indexing>> indexing_;
    std::map<std::uint64_t, std::shared_ptr<Searching>> searching_;
    std::uint64_t last_job_ = 0;
    /// Letters that brought a sorter down: they have no summary, and are not tried again.
    std::set<std::pair<mailbox::AccountId, std::uint64_t>> unindexable_;
    /// Likewise in searches: these leave them out.
    std::set<std::pair<mailbox::AccountId, std::uint64_t>> unsearchable_;
};

/// Is it Mailboxes' to answer?
constexpr bool is_of_mailboxes(wire::Method method)
{
    return method >= wire::Method::mailbox_list && method <= wire::Method::watch;
}

wire::Failure failure_of(mailbox::Error);

} // namespace posthouse::keeper
