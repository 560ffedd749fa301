// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "directory/accounts.hpp"
#include "directory/existence.hpp"
#include "store/writer.hpp"

#include <deque>
#include <string>
#include <unordered_set>
#include <utility>

namespace posthouse::directory {

std::string encode(const Account&);
Result<Account> decode(const std::string& bytes);
Error from(store::Error);
std::size_t shard_of(std::string_view key);
store::PartitionId partition_of(std::size_t shard);
std::string row_key(std::string_view key);
std::string alias_row_key(std::string_view key);

struct Accounts::Impl {
    struct Shard {
        store::Writer writer;
        std::uint64_t changes = 0; // Outcomes of commits so far
        bool settled = true;       // No commit's outcome is open; else nothing may be remembered.

        Shard(store::Engine& engine, std::size_t number) : writer(engine, partition_of(number)) {}
    };
    /// While it lives nobody else changes this address.
    struct Claim {
        Impl& impl;
        std::string key;
        bool granted;

        Claim(Impl& i, std::string k)
            : impl(i),
              key(std::move(k)),
              granted(impl.claimed.insert(key).second)
        {
        }
        ~Claim()
        {
            if (granted)
                impl.claimed.erase(key);
        }
        Claim(const Claim&) = delete;
    };

    store::Engine& engine;
    Random& random;
    Existence existence;
    std::set<mail::Domain> domains;
    std::unordered_set<std::string> claimed;
    std::deque<Shard> shard; // (Neither copied nor moved.)
    std::string decoy_secret;

    Impl(store::Engine&, Random&, std::size_t cache);

    /// What stands at a key: an account, or the account that an alias leads to.
    struct Found {
        std::optional<Account> account;
        std::string key; // the account's own
    };
    Task<Result<Found>> look(std::string key);
    Task<Result<std::optional<Account>>> read(std::string key);
    Task<Result<void>> write(std::string key, std::optional<Account>);
    Task<Result<void>> write_alias(std::string key, std::optional<std::string> account_key);
    using Put = std::function<void(store::Writer::Batch&)>;
    Task<Result<void>> commit(std::string key, Put);
    Task<Result<AccountId>> new_id();
    /// 32 bytes, made once.
    Task<Result<std::string>> read_decoy_secret();
    Task<Result<Account>> change(std::string key, Edit edit);
};

} // namespace posthouse::directory
