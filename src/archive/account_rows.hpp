// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/types.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace posthouse::archive {

/// Takes the rows of an account's partition (docs/mailboxes.md) over from a backup, so that no
/// client takes what comes for what there was after the backup: the numbers that were given since
/// are never given again. UIDs, MODSEQs, ids of emails and mailboxes go on far beyond the backup's;
/// every message counts as changed, so that its flags are read again, and every UID that is not
/// there as expunged. UIDVALIDITY stays where it can: letters need not be fetched anew.
/// RFC 9051 §2.3.1.1, RFC 7162 §3.1
class AccountRows {
public:
    /// More than anybody gives between two backups.
    static constexpr std::uint32_t uids_skipped = 1u << 20;
    static constexpr std::uint64_t modseqs_skipped = 1ull << 32, emails_skipped = 1ull << 32;
    static constexpr std::uint32_t mailboxes_skipped = 1u << 12;

    /// What the account in whose place it comes has given; all zero: nothing is known of it.
    struct Present {
        std::uint64_t modseq = 0, last_email = 0;
        std::uint32_t last_mailbox = 0, last_uid_validity = 0;
        struct Box {
            std::uint32_t uid_validity = 0, uid_next = 0;
        };
        std::map<std::string, Box> boxes; ///< by name
        /// Of one of its rows; others are passed over. False: it is damaged.
        bool add(const store::Row&);
    };
    enum class Numbers : std::uint8_t { ahead, exact };
    enum class Deliveries : std::uint8_t { kept, dropped };
    struct Options {
        Numbers numbers = Numbers::ahead;
        /// Rows that the queue settles: none of them without the queue that was.
        Deliveries deliveries = Deliveries::kept;
        Present present = {};
    };

    explicit AccountRows(Options options) : options_(std::move(options)) {}

    enum class Fate : std::uint8_t { keep, drop, damaged };
    /// Rows in the order of their keys.
    Fate take(store::Row&);

private:
    Fate take_account(store::Row&);
    Fate take_mailbox(store::Row&);
    Fate take_page(store::Row&);
    Fate take_marks(store::Row&) const;

    Options options_;
    std::uint64_t base_ = 0;    ///< the MODSEQ of the restoring
    std::string last_page_;     ///< its key
    std::size_t page_size_ = 0; ///< and how many entries it had
    std::uint32_t next_validity_ = 0;
};

} // namespace posthouse::archive
