// SPDX-License-Identifier: Apache-2.0
#include "directory/accounts.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"
#include "directory/accounts_impl.hpp"
#include "directory/password.hpp"
#include "directory/records.pb.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace posthouse::directory {

namespace {

constexpr std::size_t shards = 16; // Part of the store's format.

/// Fit to be given to people: no quotation marks, no domain literal.
bool is_fit(const mail::Mailbox& address)
{
    return !address.domain().is_literal() && !address.text().starts_with('"');
}

/// All keys have the salt, and are of those two kinds.
bool is_sound(const NewPassword& password)
{
    if (!is_verifier(password.verifier) || password.scram.size() > 2)
        return false;
    return std::ranges::all_of(password.scram, [&](const sasl::ScramKeys& keys) {
        return sasl::is_sound(keys) && keys.salt == password.salt &&
               password.salt.size() >= sasl::ScramKeys::salt_bytes;
    });
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
    case Error::full:
        return "the account has as many of these as it may have";
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

Accounts::Impl::Impl(store::Engine& e, Random& r, std::size_t cache)
    : engine(e),
      random(r),
      existence(cache)
{
    for (std::size_t number = 0; number < shards; ++number)
        shard.emplace_back(engine, number);
}

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

Task<Result<Accounts::Impl::Found>> Accounts::Impl::look(std::string key)
{
    std::vector<std::string> keys{row_key(key), alias_row_key(key)};
    const auto page =
        co_await engine.partitions().read(partition_of(shard_of(key)), std::move(keys));
    if (!page)
        co_return std::unexpected(from(page.error()));
    for (const auto& row : page->rows)
        if (row.key == row_key(key)) {
            auto account = decode(row.value);
            if (!account)
                co_return std::unexpected(account.error());
            co_return Found{std::move(*account), std::move(key)};
        }
    if (page->rows.empty())
        co_return Found{};
    AliasRecord record;
    if (!record.ParseFromString(page->rows[0].value))
        co_return std::unexpected(Error::broken);
    auto account = co_await read(record.account());
    if (!account)
        co_return std::unexpected(account.error());
    const bool listed =
        *account && std::ranges::any_of((*account)->aliases, [&](const std::string& alias) {
            const auto parsed = mail::Mailbox::parse(alias);
            return parsed && account_key(*parsed) == key;
        });
    if (!listed)
        co_return Found{};
    co_return Found{std::move(**account), record.account()};
}

Task<Result<void>> Accounts::Impl::commit(std::string key, Put put)
{
    auto& at = shard[shard_of(key)];
    const auto done = co_await at.writer.apply([&](store::Writer::Batch& batch) { put(batch); });
    ++at.changes;
    if (done) {
        at.settled = true;
        co_return Result<void>();
    }
    if (done.error() == store::Error::unknown)
        at.settled = false;
    existence.forget(key);
    co_return std::unexpected(from(done.error()));
}

/// Puts the account's row, or erases it. The key is claimed.
Task<Result<void>> Accounts::Impl::write(std::string key, std::optional<Account> account)
{
    const auto id = account ? std::optional(account->id) : std::nullopt;
    if (account)
        ++account->version;
    auto done = co_await commit(key, [&](store::Writer::Batch& batch) {
        if (account)
            batch.put(row_key(key), encode(*account));
        else
            batch.erase(row_key(key));
    });
    if (done)
        existence.put(std::move(key), id);
    co_return done;
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
    auto& account = **found;
    if (auto fine = edit(account); !fine)
        co_return std::unexpected(fine.error());
    const auto done = co_await write(std::move(key), account);
    if (!done)
        co_return std::unexpected(done.error());
    ++account.version;
    co_return std::move(account);
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
    return add(Newcomer{std::move(address), {.verifier = std::move(verifier)}, {}}, now);
}

Task<Result<Account>> Accounts::add(Newcomer newcomer, Timestamp now)
{
    const auto& address = newcomer.address;
    auto& password = newcomer.password;
    if (!impl_->domains.contains(address.domain()))
        co_return std::unexpected(Error::foreign);
    if (!is_fit(address))
        co_return std::unexpected(Error::bad_address);
    if (!password.verifier.empty() && !is_sound(password))
        co_return std::unexpected(Error::bad_verifier);
    const auto key = account_key(address);
    const Impl::Claim claim(*impl_, key);
    if (!claim.granted)
        co_return std::unexpected(Error::unavailable);
    const auto found = co_await impl_->look(key);
    if (!found)
        co_return std::unexpected(found.error());
    if (found->account)
        co_return std::unexpected(Error::exists);
    const auto id = co_await impl_->new_id();
    if (!id)
        co_return std::unexpected(id.error());
    Account account{.address = address.text(),
                    .id = *id,
                    .verifier = std::move(password.verifier),
                    .created = now,
                    .source = std::move(newcomer.source)};
    account.credentials.salt = std::move(password.salt);
    account.credentials.scram = std::move(password.scram);
    const auto done = co_await impl_->write(key, account);
    if (!done)
        co_return std::unexpected(done.error());
    ++account.version;
    if (added_)
        added_(account);
    co_return account;
}

Task<Result<void>> Accounts::set_password(mail::Mailbox address, NewPassword password)
{
    if (!is_sound(password))
        co_return std::unexpected(Error::bad_verifier);
    const auto done = co_await amend(std::move(address), [&](Account& account) -> Result<void> {
        auto& kept = account.credentials;
        // Other keys of the account have this salt too.
        if (!kept.salt.empty() && !password.salt.empty() && kept.salt != password.salt)
            return std::unexpected(Error::bad_verifier);
        if (kept.salt.empty())
            kept.salt = password.salt;
        kept.scram = password.scram;
        account.verifier = password.verifier;
        return {};
    });
    if (!done)
        co_return std::unexpected(done.error());
    co_return Result<void>();
}

Task<Result<void>> Accounts::set_access(mail::Mailbox address, Access access)
{
    const auto done = co_await amend(std::move(address), [&](Account& account) -> Result<void> {
        account.disabled = access == Access::disabled;
        return {};
    });
    if (!done)
        co_return std::unexpected(done.error());
    co_return Result<void>();
}

Task<Result<Account>> Accounts::amend(mail::Mailbox address, Edit edit)
{
    co_return co_await impl_->change(account_key(address), std::move(edit));
}

Task<Result<std::optional<Account>>> Accounts::find(mail::Mailbox address)
{
    auto found = co_await impl_->look(account_key(address));
    if (!found)
        co_return std::unexpected(found.error());
    co_return std::move(found->account);
}

Task<Result<std::optional<AccountId>>> Accounts::id_of(mail::Mailbox address)
{
    auto key = account_key(address);
    if (const auto known = impl_->existence.find(key))
        co_return *known;
    // An alias leads to another shard, whose changes count too.
    std::uint64_t changes = 0;
    for (const auto& shard : impl_->shard)
        changes += shard.changes;
    const auto found = co_await impl_->look(key);
    if (!found)
        co_return std::unexpected(found.error());
    const auto id = found->account ? std::optional(found->account->id) : std::nullopt;
    const bool settled =
        impl_->shard[shard_of(key)].settled && (!id || impl_->shard[shard_of(found->key)].settled);
    std::uint64_t changes_since = 0;
    for (const auto& shard : impl_->shard)
        changes_since += shard.changes;
    if (changes_since == changes && settled) // Else this may be old already.
        impl_->existence.put(std::move(key), id);
    co_return id;
}

Task<Result<Accounts::Page>> Accounts::list(std::string after, std::size_t limit)
{
    expects(limit > 0);
    const auto start = parse_number(std::string_view(after).substr(0, 2)).value_or(0);
    std::string after_row = after.size() > 2 ? row_key(after.substr(2)) : std::string();
    Page page;
    for (std::size_t number = start; number < impl_->shard.size();) {
        const auto rows = co_await impl_->engine.partitions().scan(
            partition_of(number), row_key(""), after_row, limit - page.accounts.size());
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
            page.after = fmt::format("{:02}{}", number, after_row.substr(row_key("").size()));
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
