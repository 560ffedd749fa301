// SPDX-License-Identifier: Apache-2.0
// The tree, quota, metadata and access lists.
#include "base/text.hpp"
#include "keeper/mailboxes_parts.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace posthouse::keeper {

using wire::Failure;

namespace {

void put_status(const mailbox::Mailbox& box, wire::MailboxStatus& to)
{
    to.set_messages(box.messages());
    to.set_unseen(box.unseen());
    to.set_deleted(box.deleted());
    to.set_uid_next(box.uid_next());
    to.set_uid_validity(box.uid_validity());
    to.set_size(box.bytes());
    to.set_deleted_size(box.deleted_bytes());
    to.set_highest_modseq(std::max<std::uint64_t>(box.highest_modseq(), 1));
    // UIDs are given in order, so this is at least how many came since.
    to.set_recent(
        std::min(box.messages(),
                 box.uid_next() - std::min(box.uid_next(), std::max(box.first_recent(), 1U))));
}

/// Every name there is or that is subscribed to, in their order; or this one alone.
std::vector<std::pair<std::string, std::optional<mailbox::MailboxId>>>
names_of(const mailbox::State& state, const std::string& alone)
{
    if (!alone.empty()) {
        const auto id = state.find(alone);
        if (!id && !state.subscriptions.contains(alone))
            return {};
        return {{alone, id}};
    }
    std::map<std::string, std::optional<mailbox::MailboxId>> names;
    for (const auto& name : state.subscriptions)
        names[name] = std::nullopt;
    for (const auto& [id, box] : state.boxes)
        if (!box.record.doomed())
            names[box.record.name()] = id;
    return {names.begin(), names.end()};
}

std::vector<mailbox::Account::Standard> standard_of(const config::Mailboxes& config)
{
    std::vector<mailbox::Account::Standard> standard;
    for (const auto& folder : config.folders)
        standard.push_back({folder.name, folder.special_use});
    return standard;
}

} // namespace

Task<Mailboxes::Answer> Mailboxes::list(ReaderSession& session, wire::ListMailboxes request,
                                        std::string)
{
    auto account = co_await account_of(session);
    if (!account)
        co_return std::unexpected(account.error());
    if (!(*account)->state().record.furnished())
        if (auto made =
                co_await (*account)->furnish(standard_of(office_.config().mailboxes), wall_clock());
            !made)
            co_return std::unexpected(failure_of(made.error()));
    wire::MailboxList answer;
    std::size_t bytes = 0;
    for (const auto& [name, id] : names_of((*account)->state(), request.name())) {
        if (!request.after().empty() && name <= request.after())
            continue;
        if (answer.items_size() == Limits::list_items || bytes > Limits::page_bytes) {
            answer.set_more(true);
            break;
        }
        auto* item = answer.add_items();
        item->set_name(name);
        item->set_subscribed((*account)->state().subscriptions.contains(name));
        item->set_rights(std::string(all_rights));
        const auto* box = id ? (*account)->mailbox(*id) : nullptr;
        if (box != nullptr) {
            item->set_exists(true);
            item->set_id(object_id(*box));
            item->set_special_use(box->special_use());
            if (request.status())
                put_status(*box, *item->mutable_status());
        }
        if (box != nullptr && request.metadata_size() > 0) {
            auto values = co_await (*account)->metadata(*id);
            if (!values)
                co_return std::unexpected(failure_of(values.error()));
            for (const auto& entry : request.metadata())
                if (const auto value = values->find(entry);
                    value != values->end() && is_utf8(value->second))
                    (*item->mutable_metadata())[entry] = value->second;
        }
        bytes += item->ByteSizeLong();
    }
    co_return wire::answer_with(answer);
}

Task<Mailboxes::Answer> Mailboxes::change_tree(ReaderSession& session, wire::ChangeTree request,
                                               std::string)
{
    auto account = co_await account_of(session);
    if (!account)
        co_return std::unexpected(account.error());
    auto& tree = **account;
    const auto now = wall_clock();
    wire::TreeChanged answer;
    mailbox::Result<void> done;
    switch (request.what()) {
    case wire::ChangeTree::CREATE: {
        auto made = co_await tree.create(request.name(), request.to(), now);
        if (!made)
            co_return std::unexpected(failure_of(made.error()));
        if (const auto* box = tree.mailbox(*made))
            answer.set_id(object_id(*box));
        break;
    }
    case wire::ChangeTree::SUBSCRIBE:
        done = co_await tree.subscribe(request.name());
        break;
    case wire::ChangeTree::UNSUBSCRIBE:
        done = co_await tree.unsubscribe(request.name());
        break;
    case wire::ChangeTree::REMOVE:
    case wire::ChangeTree::RENAME: {
        const auto id = tree.find(request.name());
        if (!id)
            co_return std::unexpected(Failure::nonexistent);
        if (request.what() == wire::ChangeTree::REMOVE)
            done = co_await tree.remove(*id);
        else
            done = co_await tree.rename(*id, request.to(), now);
        break;
    }
    default:
        co_return std::unexpected(Failure::invalid);
    }
    if (!done)
        co_return std::unexpected(failure_of(done.error()));
    co_return wire::answer_with(answer);
}

Task<Mailboxes::Answer> Mailboxes::quota(ReaderSession& session, wire::MailboxQuota request,
                                         std::string)
{
    auto account = co_await account_of(session);
    if (!account)
        co_return std::unexpected(account.error());
    if (request.set_size() > 0)
        co_return std::unexpected(Failure::no_permission); // The administrator's to set
    if (!request.name().empty() && request.name() != "User quota" &&
        !(*account)->find(request.name()))
        co_return std::unexpected(Failure::nonexistent);
    const auto limits = (*account)->quota();
    const auto& record = (*account)->state().record;
    wire::QuotaRoots answer;
    auto* root = answer.add_roots();
    root->set_name("User quota");
    if (limits.bytes != 0) {
        auto* storage = root->add_resources();
        storage->set_name("STORAGE");
        storage->set_usage((record.bytes() + 1023) / 1024);
        storage->set_limit(limits.bytes / 1024);
    }
    if (limits.messages != 0) {
        auto* messages = root->add_resources();
        messages->set_name("MESSAGE");
        messages->set_usage(record.messages());
        messages->set_limit(limits.messages);
    }
    co_return wire::answer_with(answer);
}

Task<Mailboxes::Answer> Mailboxes::metadata(ReaderSession& session, wire::MailboxMetadata request,
                                            std::string)
{
    auto account = co_await account_of(session);
    if (!account)
        co_return std::unexpected(account.error());
    mailbox::MailboxId id{0};
    if (!request.name().empty()) {
        const auto found = (*account)->find(request.name());
        if (!found)
            co_return std::unexpected(Failure::nonexistent);
        id = *found;
    }
    if (request.changes_size() > 0) {
        std::map<std::string, std::optional<std::string>> changes;
        for (const auto& change : request.changes())
            changes[change.entry()] =
                change.remove() ? std::nullopt : std::optional(change.value());
        auto done = co_await (*account)->set_metadata(id, std::move(changes));
        if (!done)
            co_return std::unexpected(failure_of(done.error()));
        co_return wire::answer_with(wire::MetadataValues());
    }
    auto values = co_await (*account)->metadata(id);
    if (!values)
        co_return std::unexpected(failure_of(values.error()));
    wire::MetadataValues answer;
    std::size_t bytes = 0;
    for (auto& [entry, value] : *values) {
        bytes += entry.size() + value.size() + 16;
        if (bytes > wire::FrameLimits::message_bytes - 1024)
            co_return std::unexpected(Failure::limit);
        auto* one = answer.add_values();
        one->set_entry(entry);
        one->set_value(std::move(value));
    }
    co_return wire::answer_with(answer);
}

Task<Mailboxes::Answer> Mailboxes::access_rights(ReaderSession& session,
                                                 wire::MailboxAccess request, std::string)
{
    const auto owner = session.address;
    auto account = co_await account_of(session);
    if (!account)
        co_return std::unexpected(account.error());
    const auto id = (*account)->find(request.name());
    if (!id)
        co_return std::unexpected(Failure::nonexistent);
    if (request.change()) {
        if (request.identifier().empty() || request.identifier() == owner)
            co_return std::unexpected(Failure::cannot);
        auto done = co_await (*account)->set_access(*id, request.identifier(), request.rights());
        if (!done)
            co_return std::unexpected(failure_of(done.error()));
    }
    auto rights = co_await (*account)->access_list(*id);
    if (!rights)
        co_return std::unexpected(failure_of(rights.error()));
    wire::AccessRights answer;
    answer.mutable_rights()->insert(rights->begin(), rights->end());
    (*answer.mutable_rights())[owner] = std::string(all_rights);
    co_return wire::answer_with(answer);
}

} // namespace posthouse::keeper
