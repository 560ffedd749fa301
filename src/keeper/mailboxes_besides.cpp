// SPDX-License-Identifier: Apache-2.0
// Quota, metadata and access lists.
#include "base/text.hpp"
#include "keeper/mailboxes_parts.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

namespace posthouse::keeper {

using mailbox::Right;
using wire::Failure;

// ---- quota ----------------------------------------------------------------------------------

namespace {

constexpr std::string_view own_root = "User quota";
constexpr std::string_view foreign_root = "User quota of ";

bool is_read_by(mailbox::AccountId viewer, const mailbox::Account& account)
{
    return std::ranges::any_of(account.state().boxes, [&](const auto& entry) {
        const auto& box = entry.second.record;
        return !box.doomed() && mailbox::rights_of(viewer, box).has(Right::read);
    });
}

void put_root(const mailbox::Account& account, wire::QuotaRoots::Root& root)
{
    const auto limits = account.quota();
    const auto& record = account.state().record;
    if (limits.bytes != 0) {
        auto* storage = root.add_resources();
        storage->set_name("STORAGE");
        storage->set_usage((record.bytes() + 1023) / 1024);
        storage->set_limit(limits.bytes / 1024);
    }
    if (limits.messages != 0) {
        auto* messages = root.add_resources();
        messages->set_name("MESSAGE");
        messages->set_usage(record.messages());
        messages->set_limit(limits.messages);
    }
}

} // namespace

/// Who stands for what is in a mailbox, or is called so: RFC 9208 §4.1. Of somebody else's, who
/// may read any mailbox of his.
Task<wire::Result<Mailboxes::Tree>> Mailboxes::quota_tree(Viewer viewer, std::string name)
{
    if (name.starts_with(foreign_root)) {
        auto tree = co_await tree_of(viewer, std::string(Sharing::prefix) +
                                                 name.substr(foreign_root.size()) + "/INBOX");
        if (!tree)
            co_return std::unexpected(tree.error());
        if (!tree->foreign() || !is_read_by(viewer.who.id, *tree->account))
            co_return std::unexpected(Failure::nonexistent);
        co_return std::move(*tree);
    }
    if (name.empty() || name == own_root) {
        auto account = co_await account_of(viewer);
        if (!account)
            co_return std::unexpected(account.error());
        co_return Tree{std::move(*account), viewer.who, viewer.who.id, {}};
    }
    auto spot = co_await spot_of(viewer, std::move(name), {Right::read});
    if (!spot)
        co_return std::unexpected(spot.error());
    co_return std::move(spot->tree);
}

Task<Mailboxes::Answer> Mailboxes::quota(ReaderSession& session, wire::MailboxQuota request,
                                         std::string)
{
    if (request.set_size() > 0)
        co_return std::unexpected(Failure::no_permission); // The administrator's to set
    auto tree = co_await quota_tree(Viewer(session), request.name());
    if (!tree)
        co_return std::unexpected(tree.error());
    wire::QuotaRoots answer;
    auto* root = answer.add_roots();
    root->set_name(tree->foreign() ? std::string(foreign_root) + tree->owner.address
                                   : std::string(own_root));
    put_root(*tree->account, *root);
    co_return wire::answer_with(answer);
}

// ---- metadata -------------------------------------------------------------------------------

namespace {

/// Where the private entries of somebody stand who is not the owner.
std::string private_to(mailbox::AccountId reader)
{
    return "~" + base32_encode(static_cast<std::uint64_t>(reader));
}

bool is_shared(std::string_view entry)
{
    return entry.starts_with("/shared/");
}

} // namespace

bool may_see_metadata(mailbox::Rights rights)
{
    return rights.has(Right::lookup) &&
           rights.has_any({Right::read, Right::seen, Right::write, Right::insert, Right::post});
}

std::map<std::string, std::string> metadata_for(mailbox::AccountId viewer, mailbox::AccountId owner,
                                                std::map<std::string, std::string> values)
{
    if (viewer == owner) {
        std::erase_if(values, [](const auto& value) { return value.first.starts_with('~'); });
        return values;
    }
    const auto mine = private_to(viewer);
    std::map<std::string, std::string> visible;
    for (auto& [entry, value] : values)
        if (is_shared(entry))
            visible[entry] = std::move(value);
        else if (entry.starts_with(mine))
            visible[entry.substr(mine.size())] = std::move(value);
    return visible;
}

/// Tells those who may see it, but for who did it.
void Mailboxes::note_metadata(const Spot& spot, const wire::MailboxMetadata& request,
                              std::uint64_t by)
{
    const auto& owner = spot.tree.owner;
    const auto* box = spot.mailbox();
    if (box == nullptr && !request.name().empty())
        return; // Gone meanwhile
    auto sessions = sessions_.of(owner.id);
    std::ranges::copy(sessions_.followers_of(owner.id), std::back_inserter(sessions));
    for (auto* session : sessions) {
        if (!session->watches_metadata || session->handle == by)
            continue;
        const bool own = session->account == owner.id;
        if (!own && (box == nullptr || !sharing_.enabled() ||
                     !may_see_metadata(mailbox::rights_of(session->account, *box))))
            continue;
        const auto name = request.name().empty() ? std::string()
                          : own                  ? box->name()
                                                 : Sharing::name_of(owner, box->name());
        // A hint: what is beyond the limit is not told of.
        for (const auto& change : request.changes())
            if ((is_shared(change.entry()) || session->account == spot.tree.viewer) &&
                session->changed_entries < ReaderSessions::Limits::changed_entries &&
                session->changed_metadata[name].insert(change.entry()).second)
                ++session->changed_entries;
        if (session->changed_metadata.contains(name))
            tell_soon(*session);
    }
}

Task<Mailboxes::Answer> Mailboxes::metadata(ReaderSession& session, wire::MailboxMetadata request,
                                            std::string)
{
    const Viewer viewer(session);
    Spot spot;
    if (request.name().empty()) {
        auto account = co_await account_of(viewer);
        if (!account)
            co_return std::unexpected(account.error());
        spot = {{std::move(*account), viewer.who, viewer.who.id, {}}, {}, mailbox::Rights::all()};
    } else {
        auto found = co_await spot_of(viewer, request.name(), {Right::lookup});
        if (!found)
            co_return std::unexpected(found.error());
        if (!may_see_metadata(found->rights))
            co_return std::unexpected(Failure::no_permission);
        spot = std::move(*found);
    }
    auto& account = *spot.tree.account;
    const bool foreign = spot.tree.foreign();
    if (request.changes_size() > 0) {
        std::map<std::string, std::optional<std::string>> changes;
        for (const auto& change : request.changes()) {
            if (foreign && is_shared(change.entry()) && !spot.rights.has(Right::write))
                co_return std::unexpected(Failure::no_permission);
            if (change.entry().starts_with('~'))
                co_return std::unexpected(Failure::invalid);
            const auto name = foreign && !is_shared(change.entry())
                                  ? private_to(viewer.who.id) + change.entry()
                                  : change.entry();
            changes[name] = change.remove() ? std::nullopt : std::optional(change.value());
        }
        auto done = co_await account.set_metadata(spot.id, std::move(changes));
        if (!done)
            co_return std::unexpected(failure_of(done.error()));
        note_metadata(spot, request, viewer.session);
        co_return wire::answer_with(wire::MetadataValues());
    }
    auto values = co_await account.metadata(spot.id);
    if (!values)
        co_return std::unexpected(failure_of(values.error()));
    wire::MetadataValues answer;
    std::size_t bytes = 0;
    for (auto& [entry, value] :
         metadata_for(viewer.who.id, spot.tree.owner.id, std::move(*values))) {
        bytes += entry.size() + value.size() + 16;
        if (bytes > wire::FrameLimits::message_bytes - 1024)
            co_return std::unexpected(Failure::limit);
        auto* one = answer.add_values();
        one->set_entry(entry);
        one->set_value(value);
    }
    co_return wire::answer_with(answer);
}

// ---- access lists ---------------------------------------------------------------------------

Task<Mailboxes::Answer> Mailboxes::access_rights(ReaderSession& session,
                                                 wire::MailboxAccess request, std::string)
{
    auto spot = co_await spot_of(Viewer(session), request.name(), {Right::administer});
    if (!spot)
        co_return std::unexpected(spot.error());
    if (request.change()) {
        const auto rights = mailbox::Rights::parse(request.rights());
        if (!rights)
            co_return std::unexpected(Failure::invalid);
        using How = mailbox::AccessChange::How;
        const auto how = request.how() == wire::MailboxAccess::ADD      ? How::add
                         : request.how() == wire::MailboxAccess::REMOVE ? How::remove
                                                                        : How::replace;
        auto done = co_await sharing_.change({spot->tree.account, spot->tree.owner, spot->id},
                                             {request.identifier(), how, *rights});
        if (!done)
            co_return std::unexpected(done.error());
        if (spot->mailbox() == nullptr)
            co_return std::unexpected(Failure::nonexistent); // Meanwhile
    }
    auto list = co_await sharing_.shown(*spot->mailbox());
    if (!list)
        co_return std::unexpected(list.error());
    wire::AccessRights answer;
    for (const auto& [identifier, rights] : *list)
        (*answer.mutable_rights())[identifier] = rights.text();
    (*answer.mutable_rights())[spot->tree.owner.address] = mailbox::Rights::all().text();
    co_return wire::answer_with(answer);
}

} // namespace posthouse::keeper
