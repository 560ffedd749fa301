// SPDX-License-Identifier: Apache-2.0
#include "imap/session/mailbox_choice.hpp"

#include <algorithm>

namespace posthouse::imap {

namespace {

/// The part of the name below; nothing: it is not below.
std::optional<std::string_view> below(std::string_view name, std::string_view root)
{
    if (!name.starts_with(root) || name.size() <= root.size() || name[root.size()] != '/')
        return std::nullopt;
    return name.substr(root.size() + 1);
}

} // namespace

bool chooses(const MailboxFilter& filter, const Mailbox& mailbox, std::string_view selected)
{
    const auto any_name = [&](auto meets) { return std::ranges::any_of(filter.names, meets); };
    using Kind = MailboxFilter::Kind;
    switch (filter.kind) {
    case Kind::selected:
    case Kind::selected_delayed:
        return !selected.empty() && mailbox.name == selected;
    case Kind::inboxes:
        return mailbox.name == "INBOX";
    case Kind::personal:
        return mailbox.owner.empty();
    case Kind::subscribed:
        return mailbox.subscribed;
    case Kind::mailboxes:
        return any_name([&](const MailboxName& name) { return name.text == mailbox.name; });
    case Kind::subtree:
        return any_name([&](const MailboxName& name) {
            return name.text == mailbox.name || below(mailbox.name, name.text);
        });
    case Kind::subtree_one:
        return any_name([&](const MailboxName& name) {
            if (name.text == mailbox.name)
                return true;
            const auto rest = below(mailbox.name, name.text);
            return rest && !rest->contains('/');
        });
    }
    return false;
}

std::vector<Mailbox> choose(const std::vector<Mailbox>& all,
                            const std::vector<MailboxFilter>& filters, std::string_view selected)
{
    std::vector<Mailbox> chosen;
    for (const auto& mailbox : all)
        if (mailbox.exists && mailbox.selectable &&
            std::ranges::any_of(filters, [&](const MailboxFilter& filter) {
                return chooses(filter, mailbox, selected);
            }))
            chosen.push_back(mailbox);
    return chosen;
}

} // namespace posthouse::imap
