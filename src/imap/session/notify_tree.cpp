// SPDX-License-Identifier: Apache-2.0
#include "imap/session/notify_tree.hpp"

#include "imap/session/mailbox_choice.hpp"
#include "imap/session/notify.hpp"
#include "imap/session/written.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace posthouse::imap {

using Kind = command::NotifyEvent::Kind;

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

bool wants(const Watching& watching, const Mailbox& mailbox, std::initializer_list<Kind> kinds)
{
    for (const auto& group : watching.groups) {
        if (is_of_selected(group.filter) || !chooses(group.filter, mailbox, {}))
            continue;
        if (group.events.empty())
            return false;
        if (has(group, kinds))
            return true;
    }
    return false;
}

std::map<std::string, Watching::Known> known_of(const std::vector<Mailbox>& all)
{
    std::map<std::string, Watching::Known> known;
    for (const auto& mailbox : all)
        known[mailbox.name] = {mailbox.id, mailbox.exists, mailbox.subscribed, mailbox.owner};
    return known;
}

namespace {

bool has_children(const std::map<std::string, Watching::Known>& known, const std::string& name)
{
    const auto below = known.lower_bound(name + '/');
    return below != known.end() && below->first.starts_with(name + '/');
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
    if (mailbox.exists)
        attributes += has_children(dialogue.watching->known, mailbox.name) ? "\\HasChildren "
                                                                           : "\\HasNoChildren ";
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

class TreeNews {
public:
    TreeNews(Dialogue& dialogue, const std::vector<Mailbox>& all)
        : dialogue_(dialogue),
          watching_(*dialogue.watching),
          all_(all),
          before_(std::exchange(watching_.known, known_of(all)))
    {
        std::map<std::string, std::string> names_before; // by id
        for (const auto& [name, known] : before_)
            if (!known.id.empty())
                names_before[known.id] = name;
        for (const auto& mailbox : all_)
            if (const auto old = names_before.find(mailbox.id);
                !mailbox.id.empty() && old != names_before.end() && old->second != mailbox.name)
                old_names_[mailbox.name] = old->second;
        for (const auto& [name, old] : old_names_)
            renamed_.insert(old);
    }

    void tell()
    {
        for (const auto& mailbox : all_)
            tell_of(mailbox);
        for (const auto& [name, known] : before_) {
            if (watching_.known.contains(name) || renamed_.contains(name) || !known.exists)
                continue;
            Mailbox gone;
            gone.name = name;
            gone.exists = false;
            gone.subscribed = known.subscribed;
            gone.owner = known.owner;
            if (wants(watching_, gone, {Kind::mailbox_name}))
                say_name(dialogue_, gone, {});
        }
    }

private:
    void tell_of(const Mailbox& mailbox)
    {
        const auto was = before_.find(mailbox.name);
        if (was != before_.end() && was->second.exists == mailbox.exists &&
            was->second.id == mailbox.id) {
            if (was->second.subscribed != mailbox.subscribed &&
                wants(watching_, mailbox, {Kind::subscription_change}))
                say_name(dialogue_, mailbox, {});
            return;
        }
        if (went_along(mailbox.name) || !wants(watching_, mailbox, {Kind::mailbox_name}))
            return;
        const auto old = old_names_.find(mailbox.name);
        say_name(dialogue_, mailbox, old == old_names_.end() ? std::string_view() : old->second);
    }

    /// Was it renamed because a mailbox above it was? RFC 5465 §5.4: no event of its own.
    bool went_along(const std::string& name) const
    {
        const auto old = old_names_.find(name);
        if (old == old_names_.end())
            return false;
        for (auto end = name.rfind('/'); end != std::string::npos && end != 0;
             end = name.rfind('/', end - 1)) {
            const auto above = old_names_.find(name.substr(0, end));
            if (above != old_names_.end() && old->second == above->second + name.substr(end))
                return true;
        }
        return false;
    }

    Dialogue& dialogue_;
    Watching& watching_;
    const std::vector<Mailbox>& all_;
    std::map<std::string, Watching::Known> before_;
    std::map<std::string, std::string> old_names_; ///< By the names they have now
    std::set<std::string> renamed_;                ///< Names that they had
};

} // namespace

void tell_tree(Dialogue& dialogue, const std::vector<Mailbox>& all)
{
    TreeNews(dialogue, all).tell();
}

// ---- what this session did itself ---------------------------------------------------------------

void made_mailbox(Dialogue& dialogue, const std::string& name, const std::string& id)
{
    if (!dialogue.watching)
        return;
    auto& known = dialogue.watching->known[name];
    known.id = id;
    known.exists = true;
}

void removed_mailbox(Dialogue& dialogue, const std::string& name)
{
    if (!dialogue.watching)
        return;
    auto& known = dialogue.watching->known[name]; // It may still be subscribed to.
    known.id.clear();
    known.exists = false;
}

void renamed_mailbox(Dialogue& dialogue, const std::string& from, const std::string& to)
{
    if (!dialogue.watching || from == "INBOX")
        return;
    auto& known = dialogue.watching->known;
    std::map<std::string, Watching::Known> moved;
    for (const auto& [name, mailbox] : known)
        if (name == from || name.starts_with(from + '/'))
            moved[name] = mailbox;
    for (auto& [name, mailbox] : moved) {
        known.erase(name);
        known[to + name.substr(from.size())] = std::move(mailbox);
    }
}

void subscribed_to(Dialogue& dialogue, const std::string& name, Subscribed subscribed)
{
    if (!dialogue.watching)
        return;
    auto& known = dialogue.watching->known;
    auto found = known.find(name);
    if (found == known.end())
        found = known.emplace(name, Watching::Known{{}, false, false}).first;
    found->second.subscribed = subscribed == Subscribed::yes;
}

} // namespace posthouse::imap
