// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/body_table.hpp"
#include "archive/repository.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

/// One account of a backup, and the form in which it travels: its rows in the order of their keys,
/// and behind each Message its body.
namespace posthouse::archive {

struct AccountPart {
    store::Row row;
    std::string body;         ///< of a Message
    std::uint64_t upload = 0; ///< or where it was sent before, in pieces
};
void append_part(std::string& to, const AccountPart&);
/// Takes it off the front; nothing: it is not well-formed.
std::optional<AccountPart> take_part(std::string_view&);

/// Is this row one that names a body, a Message?
bool is_message(const store::Row&);

/// An account of a backup.
class AccountInBackup {
public:
    /// By its address; an alias finds it too. Fault::absent: the backup has none.
    static Result<AccountInBackup> find(Repository&, const Manifest&, const std::string& address);

    const std::string& address() const { return address_; }
    const std::string& record() const { return record_; } ///< the directory's
    std::uint64_t messages() const { return messages_; }
    /// Null: it has never had a mailbox.
    const Manifest::Partition* partition() const { return partition_; }
    /// Of a Message's body. Nothing: it is not in the backup.
    const StoredBody* body(const store::Row& message) const;

private:
    Result<void> find_bodies(Repository&, const Manifest&);

    std::string address_, record_;
    const Manifest::Partition* partition_ = nullptr;
    std::uint64_t messages_ = 0;
    std::map<store::BlobId, StoredBody> bodies_;
};

} // namespace posthouse::archive
