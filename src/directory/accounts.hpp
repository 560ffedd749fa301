// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "directory/credentials.hpp"
#include "mail/address.hpp"
#include "store/engine.hpp"

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::directory {

/// Names an account for ever, whatever becomes of its address. Only the directory makes one.
enum class AccountId : std::uint64_t {};

/// "a/<13 characters>": the partition of its mailboxes.
std::string partition_name(AccountId);

/// Another account that may send as one.
struct Delegate {
    AccountId id{};
    std::string address; // When it was made one, for people.
    bool operator==(const Delegate&) const = default;
};

struct Account {
    std::string address; // As it was given when the account was made.
    AccountId id{};
    std::string verifier; // directory/password.hpp; empty: no login.
    Timestamp created;
    bool disabled = false; // No login; mail is still taken.
    Credentials credentials = {};
    std::vector<std::string> aliases = {}; // Further addresses of its own.
    std::vector<Delegate> delegates = {};
    std::string source = {};   // The outside source that it came from; empty: it is our own.
    std::uint64_t version = 0; // Counts its changes.
    bool operator==(const Account&) const = default;
};

/// What a caller can do about it.
enum class Error : std::uint8_t {
    exists,       // there is such an account already
    not_found,    // there is none
    foreign,      // the address is not of a domain of ours
    bad_address,  // unfit for an account
    bad_verifier, // not a password verifier
    full,         // no more of this kind can be kept
    no_space,     // the disk is full; try again when there is room
    unavailable,  // nothing was done; try again
    unknown,      // it may or may not have been done: look
    broken,       // the store is damaged or lost to us: stop
};
std::string_view describe(Error);

template <class T>
using Result = std::expected<T, Error>;

/// The form an address is looked up by: two addresses with the same key are the same account.
/// Letters of the local part count the same in either case (ASCII), as Dovecot and Postfix have it.
std::string account_key(const mail::Mailbox&);

/// The accounts, kept in the partitions "d/00" to "d/15". The one object that writes them: what it
/// remembers is right because nobody else does. Not thread-safe; lives on one executor, and
/// outlives its operations.
class Accounts {
public:
    struct Limits {
        static constexpr std::size_t aliases = 500; // of one account
        static constexpr std::size_t delegates = 500;
    };
    /// How many addresses' existence is remembered, present and absent ones together.
    static constexpr std::size_t cache_entries = 65'536;

    Accounts(store::Engine&, Random&, std::size_t cache = cache_entries);
    ~Accounts();

    /// The domains whose addresses may be accounts; of the configuration, set again when it
    /// changes.
    void set_domains(std::set<mail::Domain>);

    /// Called for each account that was added.
    void on_added(std::function<void(const Account&)> call) { added_ = std::move(call); }
    /// Durable on return. `verifier` may be empty: then nobody can log in yet.
    Task<Result<Account>> add(mail::Mailbox, std::string verifier, Timestamp now);
    struct Newcomer {
        mail::Mailbox address;
        NewPassword password = {};
        std::string source = {};
    };
    Task<Result<Account>> add(Newcomer, Timestamp now);
    /// Of an account that has a salt already, `salt` has to be that one.
    Task<Result<void>> set_password(mail::Mailbox, NewPassword);
    /// Whatever else may change of an account: `edit` is given it, and leaves its address, id and
    /// aliases as they are; on an error of its nothing is written. The account as it is then.
    using Edit = std::function<Result<void>(Account&)>;
    Task<Result<Account>> amend(mail::Mailbox, Edit);
    enum class Access : std::uint8_t { enabled, disabled };
    Task<Result<void>> set_access(mail::Mailbox, Access);
    /// The account as it was, so that the caller can drop its partition.
    Task<Result<Account>> remove(mail::Mailbox);

    /// A further address. exists: somebody has it.
    Task<Result<Account>> add_alias(mail::Mailbox account, mail::Mailbox alias);
    Task<Result<Account>> remove_alias(mail::Mailbox account, mail::Mailbox alias);

    /// This one if no mailbox has it, or a new one.
    Task<Result<AccountId>> free_id(AccountId wanted);
    /// An account as a backup has it (`record`), at this address and under this id; repeatable. The
    /// aliases that others have by now; those of a copy at another address stay with the first.
    Task<Result<std::vector<std::string>>> put_back(mail::Mailbox, AccountId, std::string record);

    /// By its address or an alias.
    Task<Result<std::optional<Account>>> find(mail::Mailbox);
    /// May this account use that address as its own: as the account's, or as a delegate?
    Task<Result<bool>> may_send_as(AccountId, mail::Mailbox);
    /// As find(), mostly from memory: what RCPT asks. Nothing where there is no such account.
    Task<Result<std::optional<AccountId>>> id_of(mail::Mailbox);
    /// A salt for a user who has none, always the same for the same name: who asks does not learn
    /// who exists.
    Task<Result<std::string>> decoy_salt(std::string user);

    struct Page {
        std::vector<Account> accounts;
        std::string after; // For the next page; empty: this was the last.
    };
    /// All accounts, in an order that stays; `after` is "" or that of the page before.
    Task<Result<Page>> list(std::string after, std::size_t limit);

private:
    struct Impl; // directory/accounts_impl.hpp
    std::unique_ptr<Impl> impl_;
    std::function<void(const Account&)> added_;
};

} // namespace posthouse::directory
