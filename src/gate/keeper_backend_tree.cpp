// SPDX-License-Identifier: Apache-2.0
// The tree of mailboxes, and what is kept about them.
#include "gate/keeper_asking.hpp"
#include "wire/messages.pb.h"

namespace posthouse::gate {

using imap::Trouble;
using wire::Method;

// ---- the tree -------------------------------------------------------------------------------

namespace {

imap::Mailbox mailbox_of(const wire::MailboxList::Item& item)
{
    imap::Mailbox mailbox;
    mailbox.name = item.name();
    mailbox.id = item.id();
    mailbox.exists = mailbox.selectable = item.exists();
    mailbox.subscribed = item.subscribed();
    mailbox.special_use = item.special_use();
    mailbox.rights = item.rights();
    mailbox.owner = item.owner();
    mailbox.metadata = {item.metadata().begin(), item.metadata().end()};
    if (item.has_status()) {
        const auto& said = item.status();
        mailbox.status = imap::Status{.messages = said.messages(),
                                      .unseen = said.unseen(),
                                      .deleted = said.deleted(),
                                      .recent = said.recent(),
                                      .uid_next = said.uid_next(),
                                      .uid_validity = said.uid_validity(),
                                      .size = said.size(),
                                      .deleted_size = said.deleted_size(),
                                      .highest_modseq = said.highest_modseq()};
    }
    return mailbox;
}

} // namespace

Task<imap::Result<std::vector<imap::Mailbox>>> KeeperBackend::list(imap::ListWanted wanted)
{
    std::vector<imap::Mailbox> all;
    wire::ListMailboxes request;
    request.set_status(wanted.status);
    for (auto& entry : wanted.metadata)
        request.add_metadata(std::move(entry));
    for (;;) {
        auto page = co_await ask<wire::MailboxList>(Method::mailbox_list, request);
        if (!page)
            co_return std::unexpected(page.error());
        for (const auto& item : page->message.items())
            all.push_back(mailbox_of(item));
        if (!page->message.more() || page->message.items().empty())
            co_return all;
        request.set_after(all.back().name);
    }
}

Task<imap::Result<imap::Mailbox>> KeeperBackend::status(std::string name)
{
    wire::ListMailboxes request;
    request.set_name(std::move(name));
    request.set_status(true);
    auto page = co_await ask<wire::MailboxList>(Method::mailbox_list, std::move(request));
    if (!page)
        co_return std::unexpected(page.error());
    if (page->message.items_size() != 1 || !page->message.items(0).exists())
        co_return std::unexpected(Trouble::nonexistent);
    co_return mailbox_of(page->message.items(0));
}

namespace {

wire::ChangeTree change(wire::ChangeTree::What what, std::string name, std::string to = {})
{
    wire::ChangeTree request;
    request.set_what(what);
    request.set_name(std::move(name));
    request.set_to(std::move(to));
    return request;
}

} // namespace

Task<imap::Result<std::string>> KeeperBackend::create(std::string name, std::string special_use)
{
    auto answer = co_await ask<wire::TreeChanged>(
        Method::mailbox_tree,
        change(wire::ChangeTree::CREATE, std::move(name), std::move(special_use)));
    if (!answer)
        co_return std::unexpected(answer.error());
    co_return answer->message.id();
}

Task<imap::Result<void>> KeeperBackend::remove(std::string name)
{
    co_return co_await have_done<wire::TreeChanged>(
        Method::mailbox_tree, change(wire::ChangeTree::REMOVE, std::move(name)));
}

Task<imap::Result<void>> KeeperBackend::rename(std::string from, std::string to)
{
    co_return co_await have_done<wire::TreeChanged>(
        Method::mailbox_tree, change(wire::ChangeTree::RENAME, std::move(from), std::move(to)));
}

Task<imap::Result<void>> KeeperBackend::subscribe(std::string name)
{
    co_return co_await have_done<wire::TreeChanged>(
        Method::mailbox_tree, change(wire::ChangeTree::SUBSCRIBE, std::move(name)));
}

Task<imap::Result<void>> KeeperBackend::unsubscribe(std::string name)
{
    co_return co_await have_done<wire::TreeChanged>(
        Method::mailbox_tree, change(wire::ChangeTree::UNSUBSCRIBE, std::move(name)));
}

// ---- besides --------------------------------------------------------------------------------

Task<imap::Result<std::vector<imap::Quota>>> KeeperBackend::quota(std::string name)
{
    wire::MailboxQuota request;
    request.set_name(std::move(name));
    auto answer = co_await ask<wire::QuotaRoots>(Method::quota, std::move(request));
    if (!answer)
        co_return std::unexpected(answer.error());
    std::vector<imap::Quota> quotas;
    for (const auto& root : answer->message.roots()) {
        imap::Quota quota;
        quota.root = root.name();
        for (const auto& resource : root.resources())
            quota.resources.push_back({resource.name(), resource.usage(), resource.limit()});
        quotas.push_back(std::move(quota));
    }
    co_return quotas;
}

Task<imap::Result<void>> KeeperBackend::set_quota(std::string root,
                                                  std::vector<imap::Quota::Resource> resources)
{
    wire::MailboxQuota request;
    request.set_name(std::move(root));
    for (auto& resource : resources) {
        auto* set = request.add_set();
        set->set_name(std::move(resource.name));
        set->set_limit(resource.limit);
    }
    co_return co_await have_done<wire::QuotaRoots>(Method::quota, std::move(request));
}

Task<imap::Result<std::map<std::string, std::string>>> KeeperBackend::metadata(std::string mailbox)
{
    wire::MailboxMetadata request;
    request.set_name(std::move(mailbox));
    auto answer = co_await ask<wire::MetadataValues>(Method::metadata, std::move(request));
    if (!answer)
        co_return std::unexpected(answer.error());
    std::map<std::string, std::string> values;
    for (const auto& value : answer->message.values())
        values[value.entry()] = value.value();
    co_return values;
}

Task<imap::Result<void>>
KeeperBackend::set_metadata(std::string mailbox,
                            std::map<std::string, std::optional<std::string>> changes)
{
    wire::MailboxMetadata request;
    request.set_name(std::move(mailbox));
    for (auto& [entry, value] : changes) {
        auto* change = request.add_changes();
        change->set_entry(entry);
        change->set_remove(!value);
        if (value)
            change->set_value(std::move(*value));
    }
    co_return co_await have_done<wire::MetadataValues>(Method::metadata, std::move(request));
}

Task<imap::Result<std::map<std::string, imap::Rights>>> KeeperBackend::acl(std::string mailbox)
{
    wire::MailboxAccess request;
    request.set_name(std::move(mailbox));
    auto answer = co_await ask<wire::AccessRights>(Method::access_rights, std::move(request));
    if (!answer)
        co_return std::unexpected(answer.error());
    const auto& rights = answer->message.rights();
    co_return std::map<std::string, imap::Rights>(rights.begin(), rights.end());
}

Task<imap::Result<void>> KeeperBackend::set_acl(std::string mailbox, std::string identifier,
                                                imap::RightsChange change)
{
    wire::MailboxAccess request;
    request.set_name(std::move(mailbox));
    request.set_change(true);
    request.set_identifier(std::move(identifier));
    request.set_rights(std::move(change.rights));
    using How = imap::RightsChange::How;
    request.set_how(change.how == How::add      ? wire::MailboxAccess::ADD
                    : change.how == How::remove ? wire::MailboxAccess::REMOVE
                                                : wire::MailboxAccess::REPLACE);
    co_return co_await have_done<wire::AccessRights>(Method::access_rights, std::move(request));
}

Task<imap::Result<void>> KeeperBackend::watch(imap::Watched watched)
{
    wire::WatchMailboxes request;
    for (const auto& name : watched.names)
        request.add_names(name);
    request.set_tree(watched.tree);
    request.set_metadata(watched.metadata);
    co_return co_await have_done<wire::Done>(Method::watch, std::move(request));
}

} // namespace posthouse::gate
