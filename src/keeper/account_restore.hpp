// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/account_rows.hpp"
#include "archive/restoring.pb.h"
#include "keeper/office.hpp"
#include "keeper/reader_sessions.hpp"
#include "wire/backup.pb.h"
#include "wire/link.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace posthouse::keeper {

/// Brings one account back from a backup while the server runs. What comes is kept aside, in the
/// partition "r/<account>", until it is whole; then the account is closed, what it had goes, and
/// the rows take its place. From there on a crash only delays it: the next start goes on.
/// docs/backup.md numbers the stages.
class AccountRestore {
public:
    struct Limits {
        static constexpr std::size_t at_once = 4;
        static constexpr std::size_t uploads = 8; ///< large bodies on their way, of one restoring
        static constexpr std::size_t rows_a_commit = 2000;
        static constexpr Duration patience = std::chrono::seconds(20); ///< with who holds it
    };
    /// Of the running server; none of it where the store was opened by a command.
    struct House {
        ReaderSessions* sessions = nullptr;
        std::function<Task<store::Result<void>>(mailbox::AccountId)> erase_index = {};
    };

    AccountRestore(Office& office, House house) : office_(office), house_(std::move(house)) {}

    /// restore_write.
    Task<wire::Result<wire::Answer>> answer(const void* asker, wire::Frame);
    void gone(const void* asker);
    /// At a start, and before anything else: goes on with those that are whole, removes what is
    /// left of others. What cannot be done of one is logged. An error: it is not known which there
    /// are, and none is taken.
    Task<store::Result<void>> settle();

private:
    using Record = archive::RestoringRecord;
    using Told = wire::Result<wire::Answer>;
    struct Upload {
        store::BlobId id;
        std::unique_ptr<store::BlobSink> sink;
        std::uint64_t bytes = 0;
    };
    struct Restoring {
        const void* asker = nullptr;
        mailbox::AccountId id{};
        Record record;
        archive::AccountRows rows{{}};
        std::map<std::uint64_t, Upload> uploads;
        std::uint64_t last_upload = 0;
        bool busy = false; ///< a request of it is under way
    };

    Task<Told> begin(const void* asker, wire::RestoreWrite);
    Task<Told> begin_aside(Restoring);
    Task<Told> piece(Restoring&, const wire::RestoreWrite&, std::string raw);
    Task<Told> rows(Restoring&, std::string raw);
    Task<Told> finish(std::uint64_t handle);

    Task<store::Result<archive::AccountRows::Present>> present(mailbox::AccountId);
    Task<store::Result<void>> add(store::Commit&, Restoring&, std::string_view& raw);
    Task<store::Result<void>> keep(const Record&);
    /// WHOLE and behind.
    Task<store::Result<void>> go_on(Record, std::vector<std::string>& lost_aliases);
    Task<store::Result<void>> clear(mailbox::AccountId);
    Task<store::Result<void>> copy(mailbox::AccountId);
    Task<store::Result<void>> enter(const Record&, std::vector<std::string>& lost_aliases);
    Task<store::Result<void>> remove_aside(mailbox::AccountId);
    Task<store::Result<void>> settle_one(mailbox::AccountId, std::string& address);
    Task<bool> wait_until_free(mailbox::AccountId);

    Office& office_;
    House house_;
    std::map<std::uint64_t, Restoring> restorings_;
    std::set<mailbox::AccountId> taken_;
    std::uint64_t last_ = 0;
    bool settled_ = false;
};

} // namespace posthouse::keeper
