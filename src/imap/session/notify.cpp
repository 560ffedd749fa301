// SPDX-License-Identifier: Apache-2.0
#include "imap/session/notify.hpp"

#include "imap/session/commands.hpp"
#include "imap/session/fetching.hpp"
#include "imap/session/notify_tree.hpp"
#include "imap/session/status.hpp"
#include "imap/session/written.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::imap {

namespace {

using Kind = command::NotifyEvent::Kind;
using command::StatusItem;

/// Why the whole command is refused: RFC 5465 §3.1.
std::optional<Reply> fault_in(const command::Notify& command)
{
    for (const auto& group : command.groups)
        if (has(group, {Kind::unknown, Kind::annotation_change}))
            return Reply::no("BADEVENT (MessageNew MessageExpunge FlagChange MailboxName "
                             "SubscriptionChange MailboxMetadataChange ServerMetadataChange)",
                             "Such an event is not told of");
    return std::nullopt;
}

bool wants_messages(const Watching& watching, const Mailbox& mailbox)
{
    return wants(watching, mailbox, {Kind::message_new, Kind::message_expunge, Kind::flag_change});
}

bool wants_anywhere(const Watching& watching, std::initializer_list<Kind> kinds)
{
    return std::ranges::any_of(
        watching.groups, [&](const command::NotifyGroup& group) { return has(group, kinds); });
}

/// Which mailboxes the backend is to watch.
std::set<std::string> watched_names(const Watching& watching, const std::vector<Mailbox>& all)
{
    std::set<std::string> names;
    for (const auto& mailbox : all)
        if (mailbox.exists && mailbox.selectable && mailbox.rights.contains('r') &&
            wants_messages(watching, mailbox))
            names.insert(mailbox.name);
    return names;
}

std::vector<StatusItem> status_items(const Dialogue& dialogue)
{
    std::vector items = {StatusItem::messages, StatusItem::uid_next, StatusItem::uid_validity};
    items.push_back(StatusItem::unseen);
    if (dialogue.enabled.condstore)
        items.push_back(StatusItem::highest_mod_seq);
    return items;
}

/// RFC 5465 §3.1: what may be seen, but not watched.
void say_no_access(Dialogue& dialogue, const Watching& watching, const std::vector<Mailbox>& all)
{
    for (const auto& mailbox : all) {
        if (!mailbox.exists || mailbox.rights.contains('r') || !wants_messages(watching, mailbox))
            continue;
        auto& to = dialogue.out.text();
        to += "* LIST (\\NoAccess) \"/\" ";
        append_mailbox(to, mailbox.name, dialogue);
        to += "\r\n";
    }
}

// ---- the selected mailbox -----------------------------------------------------------------------

/// What is wanted of it; nothing: nothing at all.
const command::NotifyGroup* selected_group(const Watching& watching)
{
    for (const auto& group : watching.groups)
        if (is_of_selected(group.filter))
            return &group;
    return nullptr;
}

Task<void> tell_selected(Dialogue& dialogue)
{
    const auto* group = selected_group(*dialogue.watching);
    if (!group || !dialogue.selected || !dialogue.selected->changed)
        co_return;
    // Only SELECTED may hear of EXPUNGEs with no command under way: RFC 5465 §6.1
    co_await dialogue.bring_forward(
        group->filter.kind == MailboxFilter::Kind::selected ? Expunges::told : Expunges::untold);
}

/// RFC 5465 §5.8: as if NOTIFY NONE had been said.
void give_up(Dialogue& dialogue)
{
    dialogue.say("OK [NOTIFICATIONOVERFLOW] Nothing more is told");
    dialogue.watching.emplace();
    dialogue.tree_changed = false;
    dialogue.watched_changed.clear();
}

} // namespace

bool notify_tells(const Dialogue& dialogue, Kind kind)
{
    if (!dialogue.watching)
        return true;
    const auto* group = selected_group(*dialogue.watching);
    return group && has(*group, {kind});
}

Task<void> send_items(Dialogue& dialogue, const std::vector<FetchItem>& items, mail::UidSet uids)
{
    auto plan = plan_of(items);
    plan.add(FetchItem::Kind::uid);
    Fetching fetching(dialogue, std::move(plan));
    co_await fetching.send(std::move(uids));
}

Task<void> tell_items_of_arrived(Dialogue& dialogue, mail::UidSet arrived)
{
    if (!dialogue.watching || !dialogue.selected || arrived.empty())
        co_return;
    const auto* group = selected_group(*dialogue.watching);
    if (!group)
        co_return;
    for (const auto& event : group->events) {
        if (event.kind != Kind::message_new || event.items.empty())
            continue;
        co_await send_items(dialogue, event.items, std::move(arrived));
        co_return;
    }
}

void tell_metadata(Dialogue& dialogue)
{
    for (const auto& [name, entries] : std::exchange(dialogue.metadata_changed, {})) {
        Mailbox mailbox;
        mailbox.name = name;
        if (const auto& watching = dialogue.watching; watching && !dialogue.enabled.metadata) {
            if (const auto known = watching->known.find(name); known != watching->known.end()) {
                mailbox.subscribed = known->second.subscribed;
                mailbox.owner = known->second.owner;
            }
            if (name.empty() ? !wants_anywhere(*watching, {Kind::server_metadata_change})
                             : !wants(*watching, mailbox, {Kind::mailbox_metadata_change}))
                continue;
        }
        auto& to = dialogue.out.text();
        to += "* METADATA ";
        append_mailbox(to, name, dialogue);
        for (const auto& entry : entries) {
            to += ' ';
            append_astring(to, entry, NameForm::utf8);
        }
        to += "\r\n";
    }
}

Task<void> tell_watched(Dialogue& dialogue)
{
    tell_metadata(dialogue);
    if (!dialogue.watching)
        co_return;
    co_await tell_selected(dialogue);
    if (std::exchange(dialogue.tree_changed, false)) {
        auto all = co_await dialogue.backend->list({});
        if (all && dialogue.watching) {
            tell_tree(dialogue, *all);
            dialogue.watching->names = watched_names(*dialogue.watching, *all);
            const auto watched = co_await watch(dialogue);
            if (!watched && watched.error() == Trouble::limit)
                give_up(dialogue);
        }
    }
    for (const auto& name : std::exchange(dialogue.watched_changed, {})) {
        if (dialogue.selected && dialogue.selected->name == name)
            continue;
        auto mailbox = co_await dialogue.backend->status(name);
        if (mailbox && mailbox->status)
            say_status(dialogue, *mailbox, status_items(dialogue));
    }
}

Task<Result<void>> watch(Dialogue& dialogue)
{
    Watched watched{{}, false, dialogue.enabled.metadata};
    if (const auto& watching = dialogue.watching) {
        watched.names = watching->names;
        // What is made, or subscribed to, from now on may have to be watched too.
        watched.tree = std::ranges::any_of(watching->groups, [](const auto& group) {
            return !is_of_selected(group.filter) && !group.events.empty();
        });
        watched.metadata |= wants_anywhere(
            *watching, {Kind::mailbox_metadata_change, Kind::server_metadata_change});
    }
    co_return co_await dialogue.backend->watch(std::move(watched));
}

/// RFC 5465 §3
Task<Reply> carry_out(Dialogue& dialogue, const command::Notify& command)
{
    if (auto fault = fault_in(command))
        co_return *fault;
    Watching watching{command.groups, {}, {}};
    if (command.set) {
        co_await dialogue.bring_forward(Expunges::told); // As NOOP does: RFC 5465 §3.1
        auto all = co_await dialogue.backend->list({.status = command.status, .metadata = {}});
        if (!all)
            co_return reply_to(all.error());
        watching.known = known_of(*all);
        const auto& names = watching.names = watched_names(watching, *all);
        if (names.size() > dialogue.settings.limits.watched_mailboxes)
            co_return Reply::no("NOTIFICATIONOVERFLOW", "Too many mailboxes to be watched");
        if (command.status) // Of all but the selected mailbox: RFC 5465 §3.1
            for (const auto& mailbox : *all)
                if (names.contains(mailbox.name) && mailbox.status &&
                    mailbox.name != dialogue.selected_name())
                    say_status(dialogue, mailbox, status_items(dialogue));
        say_no_access(dialogue, watching, *all);
    }
    auto before = std::exchange(dialogue.watching, std::move(watching));
    auto done = co_await watch(dialogue);
    if (!done) {
        dialogue.watching = std::move(before);
        co_return done.error() == Trouble::limit
            ? Reply::no("NOTIFICATIONOVERFLOW", "Too many mailboxes to be watched")
            : reply_to(done.error());
    }
    dialogue.watched_changed.clear();
    co_return Reply::ok();
}

} // namespace posthouse::imap
