// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/uid_set.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace posthouse::imap {

/// Which sequence number is which UID, as the client was told: RFC 9051 §2.3.1. What has happened
/// to the mailbox beyond that waits in here until it may be told. Costs its ranges, not its
/// messages.
class View {
public:
    struct Start {
        mail::UidSet uids;
        std::uint32_t uid_next = 1;
        std::uint64_t highest_modseq = 1;
        std::uint32_t first_recent = 0; ///< \Recent from this UID on; 0: none will ever be.
    };
    View() = default;
    explicit View(Start);

    /// How many messages the client knows: also those that vanished and are not told yet.
    std::uint32_t exists() const { return exists_; }
    std::uint32_t recent() const;
    bool is_recent(std::uint32_t uid) const { return first_recent_ && uid >= first_recent_; }
    const mail::UidSet& uids() const { return uids_; }
    std::uint32_t uid_next() const { return uid_next_; }
    std::uint32_t largest_uid() const { return uids_.empty() ? 0 : uids_.largest(); }
    /// Up to here the client knows of everything, but for what vanished and is not told yet.
    std::uint64_t highest_modseq() const { return highest_modseq_; }

    /// The UIDs behind sequence numbers; those beyond exists() are passed over.
    mail::UidSet uids_of(const mail::UidSet& sequence_numbers) const;
    /// The way back.
    mail::UidSet numbers_of(const mail::UidSet& uids) const;
    /// The same of UIDs in any order, all of which the client knows.
    std::vector<std::uint32_t> numbers_in_order(const std::vector<std::uint32_t>& uids) const;

    /// Sequence numbers of ascending UIDs, in constant time each on the whole.
    class Numbers {
    public:
        explicit Numbers(const View& view) : ranges_(&view.uids_.ranges()) {}
        /// 0: the client knows no such message. Never for a smaller UID than the last time.
        std::uint32_t of(std::uint32_t uid);

    private:
        const std::vector<mail::UidSet::Range>* ranges_;
        std::size_t next_ = 0;
        std::uint32_t before_ = 0; ///< Members in the ranges before next_.
    };

    // ---- forward ------------------------------------------------------------------------------

    /// A message that is there: is it new to the client? It counts from now on. One that came back
    /// with an old UID cannot be told of: no response inserts a message (RFC 9051 §2.3.1.2).
    bool arrive(std::uint32_t uid);
    void reach(std::uint64_t highest_modseq, std::uint32_t uid_next);

    /// These are gone; what the client does not know anyway is passed over.
    void vanish(const mail::UidSet& uids);
    const mail::UidSet& vanished() const { return vanished_; }
    enum class Form : std::uint8_t {
        expunge,  ///< `* 3 EXPUNGE` for each
        vanished, ///< `* VANISHED 3,5:7`: QRESYNC (RFC 7162 §3.2.10), UIDONLY
    };
    /// Tells of vanished messages, and forgets them; stops behind `most` bytes. False: some are
    /// left.
    bool tell_vanished(std::string& to, Form, std::size_t most);

    /// A change of our own making with this mod-sequence needs no telling.
    void made(const std::vector<std::uint64_t>& modseqs);
    bool is_own(std::uint64_t modseq) const;
    std::size_t own_changes() const { return own_.size(); }

private:
    mail::UidSet uids_, vanished_;
    std::uint32_t exists_ = 0;
    std::uint32_t uid_next_ = 1;
    std::uint32_t first_recent_ = 0;
    std::uint64_t highest_modseq_ = 1;
    std::vector<std::uint64_t> own_; ///< Beyond highest_modseq_.
};

} // namespace posthouse::imap
