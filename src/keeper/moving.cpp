// SPDX-License-Identifier: Apache-2.0
// Who moves letters, and what becomes of what was begun.
#include "keeper/moving.hpp"

#include "base/log.hpp"
#include "keeper/moving_parts.hpp"
#include "wire/parse.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace posthouse::keeper {

using wire::Failure;
using wire::Method;

Moving::~Moving() = default;

Task<wire::Result<wire::Answer>> Moving::answer(std::shared_ptr<wire::Link> link, wire::Frame frame)
{
    const auto* who = link.get();
    switch (frame.head.method) {
    case Method::import_begin:
        if (auto request = wire::parse<wire::ImportBegin>(frame.message))
            co_return co_await import_begin(who, std::move(*request));
        break;
    case Method::import_letters:
        if (auto request = wire::parse<wire::ImportLetters>(frame.message))
            co_return co_await import_letters(who, std::move(*request), std::move(frame.raw));
        break;
    case Method::import_end:
        if (auto request = wire::parse<wire::ImportEnd>(frame.message))
            co_return co_await import_end(who, *request);
        break;
    case Method::export_read:
        if (auto request = wire::parse<wire::ExportRead>(frame.message))
            co_return co_await export_read(who, std::move(*request));
        break;
    default:
        break;
    }
    co_return std::unexpected(Failure::invalid);
}

void Moving::gone(const wire::Link* link)
{
    exports_.erase(link);
    const auto found = imports_.find(link);
    if (found == imports_.end())
        return;
    const auto import = std::move(found->second);
    imports_.erase(found);
    import->left = true;
    if (!import->busy) // Else the request that is under way drops it when it ends.
        boost::asio::co_spawn(office_.executor(), drop_all(import), boost::asio::detached);
}

/// By its address, or one of its further ones; made, where only an outside source knows it yet.
Task<wire::Result<std::shared_ptr<mailbox::Account>>> Moving::account_of(std::string address)
{
    const auto mailbox = mail::Mailbox::parse(address);
    if (!mailbox)
        co_return std::unexpected(Failure::nonexistent);
    std::vector<routing::Person> one;
    one.push_back({routing::Person::Kind::account, mailbox->text()});
    auto standing = co_await office_.look_up(std::move(one));
    if (!standing)
        co_return std::unexpected(standing.error());
    if (!standing->front().exists)
        co_return std::unexpected(Failure::nonexistent);
    auto account =
        co_await office_.open_accounts.open(mailbox::AccountId{standing->front().account});
    if (!account)
        co_return std::unexpected(failure_of(account.error()));
    co_return *account;
}

Task<bool> Moving::refresh(std::string address, std::shared_ptr<mailbox::Account>& account)
{
    auto found = co_await account_of(std::move(address));
    if (!found || (*found)->id() != account->id())
        co_return false;
    account = std::move(*found);
    co_return true;
}

} // namespace posthouse::keeper
