// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "mail/address.hpp"
#include "store/engine.hpp"

#include <cstdint>
#include <expected>
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

struct Account {
    std::string address; // As it was given when the account was made.
    AccountId id{};
    std::string verifier; // directory/password.hpp; empty: no login.
    Timestamp created;
    bool disabled = false; // No login; mail is still taken.
    bool operator==(const Account&) const = default;
};

/// What a caller can do about it.
enum class Error : std::uint8_t {
    exists,       // there is such an account already
    not_found,    // there is none
    foreign,      // the address is not of a domain of ours
    bad_address,  // unfit for an account
    bad_verifier, // not a password verifier
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
    /// How many addresses' existence is remembered, present and absent ones together.
    static constexpr std::size_t cache_entries = 65'536;

    Accounts(store::Engine&, Random&, std::size_t cache = cache_entries);
    ~Accounts();

    /// The domains whose addresses may be accounts; of the configuration, set again when it
    /// changes.
    void set_domains(std::set<mail::Domain>);

    /// Durable on return. `verifier` may be empty: then nobody can log in yet.
    Task<Result<Account>> add(mail::Mailbox, std::string verifier, Timestamp now);
    Task<Result<void>> set_password(mail::Mailbox, std::string verifier);
    enum class Access : std::uint8_t { enabled, disabled };
    Task<Result<void>> set_access(mail::Mailbox, Access);
    /// The account as it was, so that the caller can drop its partition.
    Task<Result<Account>> remove(mail::Mailbox);

    Task<Result<std::optional<Account>>> find(mail::Mailbox);
    /// As find(), mostly from memory: what RCPT asks. Nothing where there is no such account.
    Task<Result<std::optional<AccountId>>> id_of(mail::Mailbox);

    struct Page {
        std::vector<Account> accounts;
        std::string after; // For the next page; empty: this was the last.
    };
    /// All accounts, in an order that stays; `after` is "" or that of the page before.
    Task<Result<Page>> list(std::string after, std::size_t limit);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace posthouse::directory
