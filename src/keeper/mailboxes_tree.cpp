// SPDX-License-Identifier: Apache-2.0
// The tree of mailboxes: one's own, and what others have opened to one.
#include "base/text.hpp"
#include "keeper/mailboxes_parts.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace posthouse::keeper {

using wire::Failure;

namespace {

void put_counts(const mailbox::Mailbox& box, wire::MailboxStatus& to)
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

} // namespace

std::vector<mailbox::Account::Standard> standard_of(const config::Mailboxes& config)
{
    std::vector<mailbox::Account::Standard> standard;
    for (const auto& folder : config.folders)
        standard.push_back({folder.name, folder.special_use});
    return standard;
}

// ---- LIST and STATUS --------------------------------------------------------------------------

/// Every name that there is for this viewer, or that he is subscribed to; or this one alone, where
/// any of the rights that MYRIGHTS asks for will do (RFC 4314 §4).
Task<wire::Result<Mailboxes::Listing>> Mailboxes::listing(Viewer viewer, std::string alone)
{
    using mailbox::Right;
    constexpr mailbox::Rights any = {Right::lookup, Right::read,   Right::insert,
                                     Right::create, Right::remove, Right::administer};
    Listing all;
    const auto add = [&](const Tree& tree, mailbox::MailboxId id, mailbox::Rights needed) {
        const auto* box = tree.account->mailbox(id);
        if (box != nullptr && tree.rights(*box).has_any(needed))
            all.insert_or_assign(tree.name_of(box->name()), Spot{tree, id, tree.rights(*box)});
    };
    auto own = co_await account_of(viewer);
    if (!own)
        co_return std::unexpected(own.error());
    const Tree mine{*own, viewer.who, viewer.who.id, {}};
    const auto& subscriptions = (*own)->state().subscriptions;
    if (!alone.empty()) {
        auto tree = co_await tree_of(viewer, alone);
        if (tree)
            if (const auto id = tree->account->find(tree->path))
                add(*tree, *id, any);
        if (!tree && tree.error() != Failure::nonexistent)
            co_return std::unexpected(tree.error());
        if (all.empty() && subscriptions.contains(alone))
            all.emplace(alone, Spot{mine, {}, {}});
        co_return all;
    }
    auto owners = co_await sharing_.owners_for(viewer.who.id);
    if (!owners)
        co_return std::unexpected(owners.error());
    for (const auto& name : subscriptions)
        all.emplace(name, Spot{mine, {}, {}});
    for (const auto& owner : *owners) {
        auto account = co_await office_.open_accounts.open(owner.id);
        if (!account)
            continue; // One that cannot be read hides no others.
        const Tree tree{*account, owner, viewer.who.id, {}};
        for (const auto& [id, box] : (*account)->state().boxes)
            add(tree, id, {Right::lookup});
    }
    for (const auto& [id, box] : (*own)->state().boxes)
        add(mine, id, {Right::lookup});
    co_return all;
}

Task<wire::Result<void>> Mailboxes::put_status(const Spot& spot, wire::MailboxStatus& to)
{
    const auto& account = spot.tree.account;
    const auto reader = spot.tree.viewer;
    if (spot.tree.foreign()) {
        if (auto loaded = co_await account->load(spot.id); !loaded)
            co_return std::unexpected(failure_of(loaded.error()));
        if (auto loaded = co_await account->load_seen(spot.id, reader); !loaded)
            co_return std::unexpected(failure_of(loaded.error()));
    }
    const auto* box = spot.mailbox();
    if (box == nullptr)
        co_return std::unexpected(Failure::nonexistent);
    put_counts(*box, to);
    if (!spot.tree.foreign())
        co_return wire::Result<void>();
    // What he has not seen; \Recent is for the owner.
    to.set_recent(0);
    const auto seen = account->seen_by(spot.id, reader);
    if (!seen)
        co_return std::unexpected(Failure::unavailable);
    to.set_unseen(static_cast<std::uint32_t>(
        std::ranges::count_if(account->entries(spot.id), [&](const mailbox::Entry& entry) {
            return !seen->seen(entry.uid);
        })));
    to.set_highest_modseq(std::max<std::uint64_t>(to.highest_modseq(), seen->highest_modseq()));
    co_return wire::Result<void>();
}

Task<Mailboxes::Answer> Mailboxes::list(ReaderSession& session, wire::ListMailboxes request,
                                        std::string)
{
    const Viewer viewer(session);
    auto account = co_await account_of(viewer);
    if (!account)
        co_return std::unexpected(account.error());
    if (!(*account)->state().record.furnished())
        if (auto made =
                co_await (*account)->furnish(standard_of(office_.config().mailboxes), wall_clock());
            !made)
            co_return std::unexpected(failure_of(made.error()));
    auto all = co_await listing(viewer, request.name());
    if (!all)
        co_return std::unexpected(all.error());
    wire::MailboxList answer;
    std::size_t bytes = 0;
    for (auto at = all->upper_bound(request.after()); at != all->end(); ++at) {
        const auto& [name, spot] = *at;
        if (answer.items_size() == Limits::list_items || bytes > Limits::page_bytes) {
            answer.set_more(true);
            break;
        }
        auto* item = answer.add_items();
        item->set_name(name);
        item->set_subscribed((*account)->state().subscriptions.contains(name));
        const auto* box = spot.mailbox();
        if (box != nullptr) {
            item->set_exists(true);
            item->set_rights(spot.rights.text());
            if (spot.tree.foreign()) {
                item->set_owner(spot.tree.owner.address);
                item->set_id(object_id(*box, spot.tree.owner.id));
            } else {
                item->set_id(object_id(*box, {}));
                item->set_special_use(box->special_use());
            }
        }
        if (box != nullptr && request.status() && spot.rights.has(mailbox::Right::read)) {
            wire::MailboxStatus status;
            if (auto put = co_await put_status(spot, status); put)
                *item->mutable_status() = std::move(status);
            else if (!spot.tree.foreign())
                co_return std::unexpected(put.error());
        }
        if (spot.mailbox() != nullptr && request.metadata_size() > 0 &&
            may_see_metadata(spot.rights)) {
            auto values = co_await spot.tree.account->metadata(spot.id);
            if (!values)
                co_return std::unexpected(failure_of(values.error()));
            const auto visible =
                metadata_for(viewer.who.id, spot.tree.owner.id, std::move(*values));
            for (const auto& entry : request.metadata())
                if (const auto value = visible.find(entry);
                    value != visible.end() && is_utf8(value->second))
                    (*item->mutable_metadata())[entry] = value->second;
        }
        bytes += item->ByteSizeLong();
    }
    co_return wire::answer_with(answer);
}

// ---- the tree ---------------------------------------------------------------------------------

Task<Mailboxes::Answer> Mailboxes::change_tree(ReaderSession& session, wire::ChangeTree request,
                                               std::string)
{
    const Viewer viewer(session);
    mailbox::Result<void> done;
    switch (request.what()) {
    case wire::ChangeTree::CREATE:
        co_return co_await create(viewer, request.name(), request.to());
    case wire::ChangeTree::RENAME:
        co_return co_await rename(viewer, request.name(), request.to());
    case wire::ChangeTree::SUBSCRIBE:
    case wire::ChangeTree::UNSUBSCRIBE: {
        // Whatever they are called: the viewer's own.
        auto account = co_await account_of(viewer);
        if (!account)
            co_return std::unexpected(account.error());
        if (request.what() == wire::ChangeTree::SUBSCRIBE)
            done = co_await (*account)->subscribe(request.name());
        else
            done = co_await (*account)->unsubscribe(request.name());
        break;
    }
    case wire::ChangeTree::REMOVE: {
        auto spot = co_await spot_of(viewer, request.name(), {mailbox::Right::remove});
        if (!spot)
            co_return std::unexpected(spot.error());
        done = co_await spot->tree.account->remove(spot->id);
        break;
    }
    default:
        co_return std::unexpected(Failure::invalid);
    }
    if (!done)
        co_return std::unexpected(failure_of(done.error()));
    co_return wire::answer_with(wire::TreeChanged());
}

Task<Mailboxes::Answer> Mailboxes::create(Viewer viewer, std::string name, std::string special_use)
{
    auto tree = co_await tree_of(viewer, name);
    // Who has no right to make one does not learn whose mailboxes there are.
    if (!tree)
        co_return std::unexpected(tree.error() == Failure::nonexistent ? Failure::no_permission
                                                                       : tree.error());
    if (tree->foreign()) {
        if (!tree->rights_above().has(mailbox::Right::create))
            co_return std::unexpected(Failure::no_permission);
        if (!special_use.empty())
            co_return std::unexpected(Failure::cannot); // It is the owner's to say.
    } else if (sharing_.reserves(name)) {
        co_return std::unexpected(Failure::cannot);
    }
    auto made = co_await tree->account->create(tree->path, std::move(special_use), wall_clock());
    if (!made)
        co_return std::unexpected(failure_of(made.error()));
    wire::TreeChanged answer;
    if (const auto* box = tree->account->mailbox(*made))
        answer.set_id(
            object_id(*box, tree->foreign() ? std::optional(tree->owner.id) : std::nullopt));
    co_return wire::answer_with(answer);
}

Task<Mailboxes::Answer> Mailboxes::rename(Viewer viewer, std::string name, std::string to)
{
    auto from = co_await spot_of(viewer, std::move(name), {mailbox::Right::remove});
    if (!from)
        co_return std::unexpected(from.error());
    auto tree = co_await tree_of(viewer, to);
    if (!tree)
        co_return std::unexpected(tree.error() == Failure::nonexistent ? Failure::no_permission
                                                                       : tree.error());
    if (tree->account != from->tree.account)
        co_return std::unexpected(Failure::cannot); // From one account into another
    if (tree->foreign()) {
        if (!tree->rights_above().has(mailbox::Right::create))
            co_return std::unexpected(Failure::no_permission);
        if (from->id == mailbox::inbox)
            co_return std::unexpected(Failure::cannot); // Whoever may, moves its messages.
    } else if (sharing_.reserves(to)) {
        co_return std::unexpected(Failure::cannot);
    }
    auto done = co_await tree->account->rename(from->id, tree->path, wall_clock());
    if (!done)
        co_return std::unexpected(failure_of(done.error()));
    co_return wire::answer_with(wire::TreeChanged());
}

} // namespace posthouse::keeper
