// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/office.hpp"
#include "keeper/reader_sessions.hpp"
#include "keeper/workers.hpp"
#include "wire/link.hpp"
#include "wire/mailboxes.pb.h"

#include <memory>
#include <set>
#include <string>

namespace posthouse::keeper {

/// Serves the reader gates' IMAP sessions: wire/mailboxes.proto. What a gate may name is its
/// sessions' handles, and within a session the mailboxes that this session has opened, by number.
class Mailboxes {
public:
    struct Limits {
        static constexpr std::size_t page_bytes = 1 << 20; ///< of packed entries and summaries
        static constexpr std::size_t summaries_a_page = 512;
        static constexpr std::uint32_t piece = 256 * 1024;
        static constexpr int list_items = 2000; ///< a page
        static constexpr std::size_t uploads = 2000;
        static constexpr std::size_t uploads_an_account = 500;
        static constexpr std::uint64_t in_memory = 1 << 20;    ///< of an upload; then it is a file
        static constexpr std::size_t all_in_memory = 64 << 20; ///< uploads together; likewise
        static constexpr std::size_t unindexable = 10'000;     ///< remembered
        static constexpr int messages_an_append = 500;
        static constexpr std::ptrdiff_t searches_an_account = 2; ///< of letters' texts
        static constexpr auto search_waits = std::chrono::seconds(60);
    };

    Mailboxes(Office&, ReaderSessions&, Workers& sorters);
    ~Mailboxes();

    Task<wire::Result<wire::Answer>> answer(std::shared_ptr<wire::Link>, wire::Frame);
    /// Sorters read on what they index or search.
    Task<wire::Result<wire::Answer>> answer_sorter(const wire::Link*, wire::Frame);
    void gone(const wire::Link*);

private:
    using Answer = wire::Result<wire::Answer>;
    struct Place; ///< An opened mailbox of a session, found
    struct Upload;
    struct Indexing; ///< A letter that a sorter indexes
    struct Searching;

    template <class Request>
    Task<Answer> with_session(const wire::Link*, wire::Frame,
                              Task<Answer> (Mailboxes::*)(ReaderSession&, Request,
                                                          std::string raw));
    Task<wire::Result<std::shared_ptr<mailbox::Account>>> account_of(const ReaderSession&);
    Task<wire::Result<Place>> place_of(const ReaderSession&, std::uint32_t handle);
    void opened(mailbox::Account&);
    void changed(mailbox::AccountId, mailbox::MailboxId);
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
    Task<Answer> access_rights(ReaderSession&, wire::MailboxAccess, std::string);
    Task<Answer> watch(ReaderSession&, wire::WatchMailboxes, std::string);
    Task<Answer> append_upload(const wire::Link*, wire::Frame);
    Task<Answer> next_candidates(const wire::Link*, wire::Frame);

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
    Task<wire::Result<wire::SearchedLetters>> search_text(Asker, Place,
                                                          std::vector<mail::MessageEntry>,
                                                          std::vector<std::string> keywords,
                                                          std::string program);

    Office& office_;
    ReaderSessions& sessions_;
    Workers& sorters_;
    std::map<std::uint64_t, std::shared_ptr<Upload>> uploads_;
    std::uint64_t last_upload_ = 0;
    std::map<std::uint64_t, std::shared_ptr<Indexing>> indexing_;
    std::map<std::uint64_t, std::shared_ptr<Searching>> searching_;
    std::uint64_t last_job_ = 0;
    /// Letters that brought a sorter down: they have no summary, and are not tried again.
    std::set<std::pair<mailbox::AccountId, std::uint64_t>> unindexable_;
};

/// Is it Mailboxes' to answer?
constexpr bool is_of_mailboxes(wire::Method method)
{
    return method >= wire::Method::mailbox_list && method <= wire::Method::watch;
}

wire::Failure failure_of(mailbox::Error);

} // namespace posthouse::keeper
