// SPDX-License-Identifier: Apache-2.0
#include "imap/session/notify.hpp"

#include "imap/session/commands.hpp"
#include "imap/session/fetching.hpp"
#include "imap/session/list_reply.hpp"
#include "imap/session/mailbox_choice.hpp"
#include "imap/session/status.hpp"
#include "imap/session/written.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::imap {

namespace {

using Kind = command::NotifyEvent::Kind;
using command::StatusItem;

bool is_of_selected(const MailboxFilter& filter)
{
    return filter.kind == MailboxFilter::Kind::selected ||
           filter.kind == MailboxFilter::Kind::selected_delayed;
}

bool has(const command::NotifyGroup& group, std::initializer_list<Kind> kinds)
{
    return std::ranges::any_of(group.events, [&](const command::NotifyEvent& event) {
        return std::ranges::find(kinds, event.kind) != kinds.end();
    });
}

/// Why the whole command is refused: RFC 5465 §5, §6.
std::optional<Reply> fault_in(const command::Notify& command)
{
    for (const auto& group : command.groups)
        for (const auto& event : group.events) {
            const auto not_offered = {Kind::unknown, Kind::annotation_change,
                                      Kind::mailbox_metadata_change, Kind::server_metadata_change};
            if (std::ranges::find(not_offered, event.kind) != not_offered.end())
                return Reply::no("BADEVENT (MessageNew MessageExpunge FlagChange MailboxName "
                                 "SubscriptionChange)",
                                 "Such an event is not told of");
        }
    for (const auto& group : command.groups) {
        // RFC 5465 §5: these three go together.
        if (has(group, {Kind::message_new}) != has(group, {Kind::message_expunge}))
            return Reply::bad("MessageNew and MessageExpunge go together");
        if (has(group, {Kind::flag_change}) && !has(group, {Kind::message_new}))
            return Reply::bad("FlagChange goes with MessageNew and MessageExpunge");
    }
    return std::nullopt;
}

/// The first group whose filter takes the mailbox decides what is told of it (RFC 5465 §6).
const command::NotifyGroup* group_of(const Watching& watching, const Mailbox& mailbox)
{
    for (const auto& group : watching.groups)
        if (!is_of_selected(group.filter) && chooses(group.filter, mailbox, {}))
            return &group;
    return nullptr;
}

bool tells_of_messages(const command::NotifyGroup* group)
{
    return group && has(*group, {Kind::message_new, Kind::message_expunge, Kind::flag_change});
}

/// Which mailboxes the backend is to watch.
std::set<std::string> watched_names(const Watching& watching, const std::vector<Mailbox>& all)
{
    std::set<std::string> names;
    for (const auto& mailbox : all)
        if (mailbox.exists && mailbox.selectable && tells_of_messages(group_of(watching, mailbox)))
            names.insert(mailbox.name);
    return names;
}

bool tells_of_tree(const Watching& watching)
{
    return std::ranges::any_of(watching.groups, [](const command::NotifyGroup& group) {
        return has(group, {Kind::mailbox_name, Kind::subscription_change});
    });
}

std::vector<StatusItem> status_items(const Dialogue& dialogue)
{
    std::vector items = {StatusItem::messages, StatusItem::uid_next, StatusItem::uid_validity};
    items.push_back(StatusItem::unseen);
    if (dialogue.enabled.condstore)
        items.push_back(StatusItem::highest_mod_seq);
    return items;
}

std::map<std::string, Watching::Known> known_of(const std::vector<Mailbox>& all)
{
    std::map<std::string, Watching::Known> known;
    for (const auto& mailbox : all)
        known[mailbox.name] = {mailbox.id, mailbox.exists, mailbox.subscribed};
    return known;
}

/// A name that is new, gone, renamed, or (un)subscribed.
void say_name(Dialogue& dialogue, const Mailbox& mailbox, std::string_view old_name)
{
    auto& to = dialogue.out.text();
    to += "* LIST (";
    std::string attributes;
    if (!mailbox.exists)
        attributes += "\\NonExistent ";
    if (mailbox.subscribed)
        attributes += "\\Subscribed ";
    if (!mailbox.special_use.empty())
        attributes += mailbox.special_use + ' ';
    if (!attributes.empty())
        attributes.pop_back();
    to += attributes + ") \"/\" ";
    append_mailbox(to, mailbox.name, dialogue);
    if (!old_name.empty()) {
        to += " (\"OLDNAME\" (";
        append_mailbox(to, old_name, dialogue);
        to += "))";
    }
    to += "\r\n";
}

void tell_tree(Dialogue& dialogue, const std::vector<Mailbox>& all)
{
    auto& watching = *dialogue.watching;
    const auto before = std::exchange(watching.known, known_of(all));
    std::map<std::string, std::string> names_before; // by id
    for (const auto& [name, known] : before)
        if (!known.id.empty())
            names_before[known.id] = name;
    std::set<std::string> renamed;
    const auto wants = [&](const Mailbox& mailbox, Kind kind) {
        const auto* group = group_of(watching, mailbox);
        return group && has(*group, {kind});
    };
    for (const auto& mailbox : all) {
        const auto was = before.find(mailbox.name);
        const bool same = was != before.end() && was->second.exists == mailbox.exists &&
                          was->second.id == mailbox.id;
        if (same) {
            if (was->second.subscribed != mailbox.subscribed &&
                wants(mailbox, Kind::subscription_change))
                say_name(dialogue, mailbox, {});
            continue;
        }
        std::string old_name;
        if (const auto old = names_before.find(mailbox.id);
            !mailbox.id.empty() && old != names_before.end() && old->second != mailbox.name) {
            old_name = old->second;
            renamed.insert(old_name);
        }
        if (wants(mailbox, Kind::mailbox_name))
            say_name(dialogue, mailbox, old_name);
    }
    for (const auto& [name, known] : before) {
        if (watching.known.contains(name) || renamed.contains(name) || !known.exists)
            continue;
        Mailbox gone;
        gone.name = name;
        gone.exists = false;
        gone.subscribed = known.subscribed;
        if (wants(gone, Kind::mailbox_name))
            say_name(dialogue, gone, {});
    }
}

/// What new messages of the selected mailbox are to be shown as; nothing: not at all.
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
    if (!group || !dialogue.selected || !dialogue.selected->changed || group->events.empty())
        co_return;
    const auto first_new = dialogue.selected->view.uid_next();
    // Only SELECTED may hear of EXPUNGEs with no command under way: RFC 5465 §6.1
    co_await dialogue.bring_forward(
        group->filter.kind == MailboxFilter::Kind::selected ? Expunges::told : Expunges::untold);
    if (!dialogue.selected || dialogue.over)
        co_return;
    mail::UidSet arrived = dialogue.selected->view.uids();
    if (first_new > 1)
        arrived.remove(1, first_new - 1);
    for (const auto& event : group->events) {
        if (event.kind != Kind::message_new || event.items.empty() || arrived.empty())
            continue;
        auto plan = plan_of(event.items);
        plan.add(FetchItem::Kind::uid);
        Fetching fetching(dialogue, std::move(plan));
        co_await fetching.send(std::move(arrived));
        break;
    }
}

} // namespace

Task<void> tell_watched(Dialogue& dialogue)
{
    if (!dialogue.watching)
        co_return;
    co_await tell_selected(dialogue);
    if (std::exchange(dialogue.tree_changed, false)) {
        auto all = co_await dialogue.backend->list({});
        if (all && dialogue.watching) {
            tell_tree(dialogue, *all);
            co_await dialogue.backend->watch(watched_names(*dialogue.watching, *all), true);
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

/// RFC 5465 §3
Task<Reply> carry_out(Dialogue& dialogue, const command::Notify& command)
{
    if (!command.set) {
        dialogue.watching.reset();
        dialogue.watched_changed.clear();
        auto done = co_await dialogue.backend->watch({}, false);
        co_return done ? Reply::ok() : reply_to(done.error());
    }
    if (auto fault = fault_in(command))
        co_return *fault;
    auto all = co_await dialogue.backend->list({.status = command.status, .metadata = {}});
    if (!all)
        co_return reply_to(all.error());
    Watching watching{command.groups, known_of(*all)};
    auto names = watched_names(watching, *all);
    if (names.size() > dialogue.settings.limits.watched_mailboxes) {
        dialogue.watching.reset();
        co_await dialogue.backend->watch({}, false);
        co_return Reply::no("NOTIFICATIONOVERFLOW", "Too many mailboxes to be watched");
    }
    if (command.status) // RFC 5465 §4: of all but the selected mailbox
        for (const auto& mailbox : *all)
            if (names.contains(mailbox.name) && mailbox.status &&
                mailbox.name != dialogue.selected_name())
                say_status(dialogue, mailbox, status_items(dialogue));
    auto done = co_await dialogue.backend->watch(std::move(names), tells_of_tree(watching));
    if (!done)
        co_return reply_to(done.error());
    dialogue.watching = std::move(watching);
    co_return Reply::ok();
}

} // namespace posthouse::imap
