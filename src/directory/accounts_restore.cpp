// SPDX-License-Identifier: Apache-2.0
// Accounts that come back from a backup.
#include "directory/accounts.hpp"
#include "directory/accounts_impl.hpp"

#include <utility>

namespace posthouse::directory {

Task<Result<AccountId>> Accounts::free_id(AccountId wanted)
{
    if (wanted != AccountId{}) {
        const auto version = co_await impl_->engine.partitions().version({partition_name(wanted)});
        if (!version)
            co_return std::unexpected(from(version.error()));
        if (*version == store::Version::none)
            co_return wanted;
    }
    co_return co_await impl_->new_id();
}

Task<Result<std::vector<std::string>>> Accounts::put_back(mail::Mailbox address, AccountId id,
                                                          std::string record)
{
    auto account = decode(record);
    if (!account)
        co_return std::unexpected(account.error());
    const auto aliases = std::exchange(account->aliases, {});
    const bool same = account->address == address.text();
    account->address = address.text();
    account->id = id;
    ++account->version;
    const auto key = account_key(address);
    {
        const Impl::Claim claim(*impl_, key);
        if (!claim.granted)
            co_return std::unexpected(Error::unavailable);
        const auto found = co_await impl_->look(key);
        if (!found)
            co_return std::unexpected(found.error());
        if (found->account && found->account->id != id)
            co_return std::unexpected(Error::exists);
        if (!found->account)
            if (const auto done = co_await impl_->write(key, std::move(*account)); !done)
                co_return std::unexpected(done.error());
    }
    std::vector<std::string> lost;
    for (const auto& text : aliases) {
        const auto alias = mail::Mailbox::parse(text);
        if (!same || !alias)
            continue; // A copy's are the first one's.
        const auto there = co_await find(*alias);
        if (there && *there && (*there)->id == id)
            continue; // of an earlier try
        if (!co_await add_alias(address, *alias))
            lost.push_back(text);
    }
    co_return lost;
}

} // namespace posthouse::directory
