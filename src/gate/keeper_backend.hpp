// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/reader_events.hpp"
#include "imap/backend.hpp"
#include "wire/link.hpp"
#include "wire/mailboxes.pb.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace posthouse::gate {

/// The mailboxes of one login, which the keeper has opened a session for.
class KeeperBackend final : public imap::Backend {
public:
    template <class T>
    using Result = imap::Result<T>;

    /// `events` must outlive it.
    KeeperBackend(std::shared_ptr<wire::Link> keeper, std::uint64_t session, ReaderEvents& events);
    ~KeeperBackend() override;

    Task<Result<std::vector<imap::Mailbox>>> list(imap::ListWanted) override;
    Task<Result<imap::Mailbox>> status(std::string name) override;
    Task<Result<std::string>> create(std::string name, std::string special_use) override;
    Task<Result<void>> remove(std::string name) override;
    Task<Result<void>> rename(std::string from, std::string to) override;
    Task<Result<void>> subscribe(std::string name) override;
    Task<Result<void>> unsubscribe(std::string name) override;

    Task<Result<imap::Opened>> open(std::string name, imap::Access) override;
    void close(imap::Handle) override;
    Task<Result<imap::Changes>> changes(imap::Handle, std::uint64_t since_modseq) override;
    Task<Result<std::string>> entries(imap::Handle, mail::UidSet, std::uint8_t fields) override;
    Task<Result<imap::Stored>> store(imap::Handle, imap::StoreOrder) override;
    Task<Result<mail::UidSet>> expunge(imap::Handle, std::optional<mail::UidSet>) override;
    Task<Result<imap::Copied>> copy(imap::Handle, mail::UidSet, std::string to,
                                    imap::CopyHow) override;
    Task<Result<imap::Summaries>> summaries(imap::Handle, mail::UidSet,
                                            std::uint16_t fields) override;
    Task<Result<std::string>> read(imap::Handle, std::uint32_t uid, std::uint64_t offset,
                                   std::uint32_t length) override;
    Task<Result<imap::Found>> search(imap::Handle, imap::SearchOrder) override;

    Task<Result<std::uint64_t>> open_upload() override;
    Task<Result<void>> upload(std::uint64_t upload, std::string piece) override;
    void abandon_upload(std::uint64_t upload) override;
    Task<Result<imap::Appended>> append(std::string to, std::vector<imap::NewMessage>,
                                        std::optional<imap::Replaced>) override;

    Task<Result<std::vector<imap::Quota>>> quota(std::string mailbox_or_root) override;
    Task<Result<void>> set_quota(std::string root, std::vector<imap::Quota::Resource>) override;
    Task<Result<std::map<std::string, std::string>>> metadata(std::string mailbox) override;
    Task<Result<void>> set_metadata(std::string mailbox,
                                    std::map<std::string, std::optional<std::string>>) override;
    Task<Result<std::map<std::string, imap::Rights>>> acl(std::string mailbox) override;
    Task<Result<void>> set_acl(std::string mailbox, std::string identifier,
                               imap::RightsChange) override;
    Task<Result<void>> watch(imap::Watched) override;
    void on_event(std::function<void(imap::Event)>) override;

private:
    template <class Answer, class Request>
    Task<Result<wire::Typed<Answer>>> ask(wire::Method, Request, std::string raw = {});
    template <class Answer, class Request>
    Task<Result<void>> have_done(wire::Method, Request);
    Task<Result<void>> complete(imap::Handle, std::string& entries, const std::string& rest);
    Task<Result<std::string>> entries_of(imap::Handle, std::string uids, std::uint8_t fields);
    void hear(const wire::MailboxEvent&);

    /// A letter on its way up. While it is small it waits here, and goes with the order to append
    /// it: then that is one question and not three.
    struct Upload {
        std::string kept;
        std::uint64_t at_keeper = 0; ///< 0: not there
    };
    struct Limits {
        static constexpr std::size_t uploads = 500; ///< The keeper's too
        static constexpr std::size_t kept_bytes = 128 * 1024;
    };
    Task<Result<void>> send_up(std::uint64_t upload, std::string piece);
    std::size_t kept_bytes() const;

    std::shared_ptr<wire::Link> keeper_;
    std::uint64_t session_;
    ReaderEvents& events_;
    std::function<void(imap::Event)> listener_;
    std::map<std::uint64_t, Upload> uploads_;
    std::uint64_t last_upload_ = 0;
};

} // namespace posthouse::gate
