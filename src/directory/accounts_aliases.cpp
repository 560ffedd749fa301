// SPDX-License-Identifier: Apache-2.0
// Aliases, and who may send as whom.
#include "directory/accounts.hpp"
#include "directory/accounts_impl.hpp"
#include "directory/records.pb.h"

#include <algorithm>
#include <utility>

namespace posthouse::directory {
namespace {

bool is_alias(const std::string& text, const std::string& key)
{
    const auto parsed = mail::Mailbox::parse(text);
    return parsed && account_key(*parsed) == key;
}

} // namespace

Task<Result<void>> Accounts::Impl::write_alias(std::string key,
                                               std::optional<std::string> account_key_of)
{
    auto done = co_await commit(key, [&](store::Writer::Batch& batch) {
        AliasRecord record;
        record.set_account(account_key_of.value_or(""));
        if (account_key_of)
            batch.put(alias_row_key(key), record.SerializeAsString());
        else
            batch.erase(alias_row_key(key));
    });
    existence.forget(key);
    co_return done;
}

/// The alias's row first: it says nothing until the account says the same.
Task<Result<Account>> Accounts::add_alias(mail::Mailbox account, mail::Mailbox alias)
{
    if (!impl_->domains.contains(alias.domain()))
        co_return std::unexpected(Error::foreign);
    if (alias.domain().is_literal() || alias.text().starts_with('"'))
        co_return std::unexpected(Error::bad_address);
    const auto key = account_key(alias);
    const auto owner = account_key(account);
    const Impl::Claim claim(*impl_, key);
    if (!claim.granted)
        co_return std::unexpected(Error::unavailable);
    const auto found = co_await impl_->look(key);
    if (!found)
        co_return std::unexpected(found.error());
    if (found->account)
        co_return std::unexpected(Error::exists);
    const auto known = co_await impl_->read(owner);
    if (!known)
        co_return std::unexpected(known.error());
    if (!*known)
        co_return std::unexpected(Error::not_found);
    if (auto done = co_await impl_->write_alias(key, owner); !done)
        co_return std::unexpected(done.error());
    auto changed = co_await impl_->change(owner, [&](Account& to) -> Result<void> {
        if (to.aliases.size() >= Limits::aliases)
            return std::unexpected(Error::full);
        std::erase_if(to.aliases, [&](const std::string& text) { return is_alias(text, key); });
        to.aliases.push_back(alias.text());
        return {};
    });
    impl_->existence.forget(key);
    co_return changed;
}

Task<Result<Account>> Accounts::remove_alias(mail::Mailbox account, mail::Mailbox alias)
{
    const auto key = account_key(alias);
    const Impl::Claim claim(*impl_, key);
    if (!claim.granted)
        co_return std::unexpected(Error::unavailable);
    auto changed = co_await impl_->change(account_key(account), [&](Account& of) -> Result<void> {
        const auto gone =
            std::erase_if(of.aliases, [&](const std::string& text) { return is_alias(text, key); });
        return gone == 0 ? Result<void>(std::unexpected(Error::not_found)) : Result<void>();
    });
    impl_->existence.forget(key);
    // What stays behind when this fails leads to an account that does not list it.
    if (changed)
        (void)co_await impl_->write_alias(key, std::nullopt);
    co_return changed;
}

Task<Result<Account>> Accounts::remove(mail::Mailbox address)
{
    const auto key = account_key(address);
    const Impl::Claim claim(*impl_, key);
    if (!claim.granted)
        co_return std::unexpected(Error::unavailable);
    auto found = co_await impl_->read(key);
    if (!found)
        co_return std::unexpected(found.error());
    if (!*found)
        co_return std::unexpected(Error::not_found);
    if (auto done = co_await impl_->write(key, std::nullopt); !done)
        co_return std::unexpected(done.error());
    for (const auto& alias : (*found)->aliases)
        if (const auto parsed = mail::Mailbox::parse(alias))
            (void)co_await impl_->write_alias(account_key(*parsed), std::nullopt);
    co_return std::move(**found);
}

Task<Result<bool>> Accounts::may_send_as(AccountId who, mail::Mailbox address)
{
    const auto found = co_await find(std::move(address));
    if (!found)
        co_return std::unexpected(found.error());
    if (!*found)
        co_return false;
    co_return (*found)->id == who ||
        std::ranges::find((*found)->delegates, who, &Delegate::id) != (*found)->delegates.end();
}

} // namespace posthouse::directory
