// SPDX-License-Identifier: Apache-2.0
#include "directory/accounts.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"
#include "directory/existence.hpp"
#include "directory/password.hpp"
#include "directory/records.pb.h"
#include "store/writer.hpp"

#include <fmt/format.h>

#include <deque>
#include <unordered_set>
#include <utility>

namespace posthouse::directory {

namespace {

// Part of the store's format: neither may ever change.
constexpr std::size_t shards = 16;
constexpr std::string_view row_prefix = "a";

std::size_t shard_of(std::string_view key)
{
    std::uint64_t hash = 0xcbf29ce484222325; // FNV-1a
    for (const char c : key)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return (hash >> 32) % shards;
}

store::PartitionId partition_of(std::size_t shard)
{
    return {fmt::format("d/{:02}", shard)};
}

std::string row_key(std::string_view key)
{
    return std::string(row_prefix).append(key);
}

std::string encode(const Account& account)
{
    AccountRecord record;
    record.set_address(account.address);
    record.set_id(static_cast<std::uint64_t>(account.id));
    record.set_verifier(account.verifier);
    record.set_created_us(to_microseconds(account.created));
    record.set_disabled(account.disabled);
    return record.SerializeAsString();
}

Result<Account> decode(const std::string& bytes)
{
    AccountRecord record;
    if (!record.ParseFromString(bytes) || record.id() == 0)
        return std::unexpected(Error::broken);
    return Account{record.address(), AccountId{record.id()}, record.verifier(),
                   from_microseconds(record.created_us()), record.disabled()};
}

Error from(store::Error error)
{
    switch (error) {
    case store::Error::no_space:
        return Error::no_space;
    case store::Error::unknown:
        return Error::unknown;
    case store::Error::conflict: // Nothing was written.
    case store::Error::unavailable:
        return Error::unavailable;
    case store::Error::too_large:
        return Error::bad_address;
    case store::Error::exists:
    case store::Error::not_found:
    case store::Error::fenced:
    case store::Error::corrupt:
        break;
    }
    return Error::broken;
}

/// Fit to be given to people: no quotation marks, no domain literal.
bool is_fit(const mail::Mailbox& address)
{
    return !address.domain().is_literal() && !address.text().starts_with('"');
}

} // namespace

std::string partition_name(AccountId id)
{
    return "a/" + base32_encode(static_cast<std::uint64_t>(id));
}

std::string_view describe(Error error)
{
    switch (error) {
    case Error::exists:
        return "there is such an account already";
    case Error::not_found:
        return "there is no such account";
    case Error::foreign:
        return "the address is not of a domain of ours";
    case Error::bad_address:
        return "the address is unfit for an account";
    case Error::bad_verifier:
        return "the password was not prepared as it should be";
    case Error::no_space:
        return "the disk is full";
    case Error::unavailable:
        return "the store did not take it; try again";
    case Error::unknown:
        return "the store did not answer; it may or may not have been done";
    case Error::broken:
        return "the store is damaged or closed";
    }
    return "";
}

std::string account_key(const mail::Mailbox& address)
{
    return lowercase(address.local_part()) + "@" + address.domain().text();
}

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

    Impl(store::Engine& e, Random& r, std::size_t cache) : engine(e), random(r), existence(cache)
    {
        for (std::size_t number = 0; number < shards; ++number)
            shard.emplace_back(engine, number);
    }

    Task<Result<std::optional<Account>>> read(std::string key);
    Task<Result<void>> write(std::string key, std::optional<Account>);
    Task<Result<AccountId>> new_id();
    template <class Edit>
    Task<Result<Account>> change(std::string key, Edit edit);
};

Task<Result<std::optional<Account>>> Accounts::Impl::read(std::string key)
{
    std::vector<std::string> keys{row_key(key)};
    const auto page =
        co_await engine.partitions().read(partition_of(shard_of(key)), std::move(keys));
    if (!page)
        co_return std::unexpected(from(page.error()));
    if (page->rows.empty())
        co_return std::nullopt;
    auto account = decode(page->rows[0].value);
    if (!account)
        co_return std::unexpected(account.error());
    co_return std::move(*account);
}

/// Puts the account's row, or erases it. The key is claimed.
Task<Result<void>> Accounts::Impl::write(std::string key, std::optional<Account> account)
{
    auto& at = shard[shard_of(key)];
    const auto done = co_await at.writer.apply([&](store::Writer::Batch& batch) {
        if (account)
            batch.put(row_key(key), encode(*account));
        else
            batch.erase(row_key(key));
    });
    ++at.changes;
    if (done) {
        at.settled = true;
        existence.put(std::move(key), account ? std::optional(account->id) : std::nullopt);
        co_return Result<void>();
    }
    if (done.error() == store::Error::unknown)
        at.settled = false;
    existence.forget(key);
    co_return std::unexpected(from(done.error()));
}

/// One that no account has or had, as long as its partition is there.
Task<Result<AccountId>> Accounts::Impl::new_id()
{
    for (int attempt = 0; attempt < 8; ++attempt) {
        const AccountId id{random.next()};
        const auto version = co_await engine.partitions().version({partition_name(id)});
        if (!version)
            co_return std::unexpected(from(version.error()));
        if (id != AccountId{} && *version == store::Version::none)
            co_return id;
    }
    co_return std::unexpected(Error::broken);
}

template <class Edit>
Task<Result<Account>> Accounts::Impl::change(std::string key, Edit edit)
{
    const Claim claim(*this, key);
    if (!claim.granted)
        co_return std::unexpected(Error::unavailable);
    auto found = co_await read(key);
    if (!found)
        co_return std::unexpected(found.error());
    if (!*found)
        co_return std::unexpected(Error::not_found);
    auto after = edit(**found); // Nothing: it goes.
    const auto done = co_await write(std::move(key), std::move(after));
    if (!done)
        co_return std::unexpected(done.error());
    co_return std::move(**found);
}

Accounts::Accounts(store::Engine& engine, Random& random, std::size_t cache)
    : impl_(std::make_unique<Impl>(engine, random, cache))
{
}

Accounts::~Accounts() = default;

void Accounts::set_domains(std::set<mail::Domain> domains)
{
    impl_->domains = std::move(domains);
}

Task<Result<Account>> Accounts::add(mail::Mailbox address, std::string verifier, Timestamp now)
{
    if (!impl_->domains.contains(address.domain()))
        co_return std::unexpected(Error::foreign);
    if (!is_fit(address))
        co_return std::unexpected(Error::bad_address);
    if (!verifier.empty() && !is_verifier(verifier))
        co_return std::unexpected(Error::bad_verifier);
    const auto key = account_key(address);
    const Impl::Claim claim(*impl_, key);
    if (!claim.granted)
        co_return std::unexpected(Error::unavailable);
    const auto found = co_await impl_->read(key);
    if (!found)
        co_return std::unexpected(found.error());
    if (*found)
        co_return std::unexpected(Error::exists);
    const auto id = co_await impl_->new_id();
    if (!id)
        co_return std::unexpected(id.error());
    Account account{address.text(), *id, std::move(verifier), now, false};
    const auto done = co_await impl_->write(key, account);
    if (!done)
        co_return std::unexpected(done.error());
    co_return account;
}

Task<Result<void>> Accounts::set_password(mail::Mailbox address, std::string verifier)
{
    if (!is_verifier(verifier))
        co_return std::unexpected(Error::bad_verifier);
    const auto done = co_await impl_->change(account_key(address), [&](Account account) {
        account.verifier = verifier;
        return std::optional(std::move(account));
    });
    if (!done)
        co_return std::unexpected(done.error());
    co_return Result<void>();
}

Task<Result<void>> Accounts::set_access(mail::Mailbox address, Access access)
{
    const auto done = co_await impl_->change(account_key(address), [&](Account account) {
        account.disabled = access == Access::disabled;
        return std::optional(std::move(account));
    });
    if (!done)
        co_return std::unexpected(done.error());
    co_return Result<void>();
}

Task<Result<Account>> Accounts::remove(mail::Mailbox address)
{
    co_return co_await impl_->change(account_key(address),
                                     [](const Account&) { return std::optional<Account>(); });
}

Task<Result<std::optional<Account>>> Accounts::find(mail::Mailbox address)
{
    co_return co_await impl_->read(account_key(address));
}

Task<Result<std::optional<AccountId>>> Accounts::id_of(mail::Mailbox address)
{
    auto key = account_key(address);
    if (const auto known = impl_->existence.find(key))
        co_return *known;
    auto& shard = impl_->shard[shard_of(key)];
    const auto changes = shard.changes;
    const auto found = co_await impl_->read(key);
    if (!found)
        co_return std::unexpected(found.error());
    const auto id = *found ? std::optional((*found)->id) : std::nullopt;
    if (shard.changes == changes && shard.settled) // Else this may be old already.
        impl_->existence.put(std::move(key), id);
    co_return id;
}

Task<Result<Accounts::Page>> Accounts::list(std::string after, std::size_t limit)
{
    expects(limit > 0);
    const auto start = parse_number(std::string_view(after).substr(0, 2)).value_or(0);
    std::string after_row = after.size() > 2 ? row_key(after.substr(2)) : std::string();
    Page page;
    for (std::size_t number = start; number < shards;) {
        const auto rows = co_await impl_->engine.partitions().scan(
            partition_of(number), std::string(row_prefix), after_row, limit - page.accounts.size());
        if (!rows)
            co_return std::unexpected(from(rows.error()));
        for (const auto& row : rows->rows) {
            auto account = decode(row.value);
            if (!account)
                co_return std::unexpected(account.error());
            page.accounts.push_back(std::move(*account));
            after_row = row.key;
        }
        if (page.accounts.size() == limit) {
            page.after = fmt::format("{:02}{}", number, after_row.substr(row_prefix.size()));
            break;
        }
        if (!rows->more) {
            ++number;
            after_row.clear();
        }
    }
    co_return page;
}

} // namespace posthouse::directory
