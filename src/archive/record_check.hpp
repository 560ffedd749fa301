// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message_entry.hpp"
#include "store/types.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::archive {

/// Is what the rows of one partition say sound, and do the bodies that they name exist? Rows come
/// in the order of their keys. docs/mailboxes.md, docs/queue.md
class RecordCheck {
public:
    /// How long a body of the backup is; nothing: it has none of this id.
    using BodyBytes = std::function<std::optional<std::uint64_t>(store::BlobId)>;
    /// "mailbox INBOX, UID 7", and what is wrong there.
    using OnFault = std::function<void(std::string where, std::string what)>;

    RecordCheck(std::string partition, BodyBytes body_bytes, OnFault on_fault);
    void add(const store::Row&);
    void finish();

    std::uint64_t messages() const { return emails_.size(); }

private:
    struct Box {
        std::string name;
        std::uint32_t uid_next = 0, messages = 0, unseen = 0;
        std::uint64_t bytes = 0;
        bool doomed = false;
        std::uint32_t found = 0, found_unseen = 0, last_uid = 0;
        std::uint64_t found_bytes = 0;
    };
    void account_row(const store::Row&);
    void mailbox_row(const store::Row&);
    void page_row(const store::Row&);
    void marks_row(const store::Row&);
    void queue_row(const store::Row&);
    void directory_row(const store::Row&);
    void body(const std::string& where, const std::string& id, std::uint64_t bytes);
    std::string box_name(std::uint32_t) const;
    /// A record of this kind, or a fault is told.
    template <class Record>
    bool parse(const store::Row&, Record&, std::string_view what);

    std::string partition_;
    BodyBytes body_bytes_;
    OnFault on_fault_;
    std::map<std::uint32_t, Box> boxes_;
    std::string last_page_key_; ///< and what it held: its marks come next
    std::vector<mail::MessageEntry> last_page_;
    std::vector<std::uint64_t> emails_; // in order
    bool has_account_ = false, has_rows_ = false;
    std::uint64_t account_messages_ = 0, account_bytes_ = 0;
};

} // namespace posthouse::archive
