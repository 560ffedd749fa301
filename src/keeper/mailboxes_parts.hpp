// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/text.hpp"
#include "keeper/letter_text.hpp"
#include "keeper/mailboxes.hpp"
#include "wire/messages.pb.h"

#include <deque>
#include <optional>

namespace posthouse::keeper {

/// An opened mailbox of a session.
struct Mailboxes::Place {
    std::shared_ptr<mailbox::Account> account;
    mailbox::MailboxId id{};
    bool read_only = false;

    const mailbox::Mailbox* mailbox() const { return account->mailbox(id); }
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
    // The letter read last.
    std::uint32_t uid = 0;
    std::shared_ptr<const LetterText> text;
};

struct Mailboxes::Indexing {
    const wire::Link* sorter = nullptr;
    std::shared_ptr<Upload> upload;
    std::optional<LetterText> text;
    std::uint64_t bytes = 0;
    std::uint64_t job = 0;
};

constexpr std::string_view all_rights = "lrswipkxtea"; // RFC 4314 §2.1

/// MAILBOXID: "F" and 13 characters. RFC 8474 §4
inline std::string object_id(const mailbox::Mailbox& box)
{
    return "F" + base32_encode(box.object_id());
}

/// For the sets that requests carry: "1:5,7". Nothing: not a set.
inline std::optional<mail::UidSet> uids_in(const std::string& text)
{
    return text.empty() ? mail::UidSet() : mail::UidSet::parse(text, 400'000);
}

} // namespace posthouse::keeper
