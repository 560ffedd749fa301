// SPDX-License-Identifier: Apache-2.0
#include "imap/grammar.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

/// NOTIFY: RFC 5465 §8.
namespace posthouse::imap::grammar {

namespace {

using Kind = command::NotifyEvent::Kind;
using Filter = MailboxFilter::Kind;

struct EventName {
    std::string_view name;
    Kind kind;
};
constexpr std::array event_names{
    EventName{"MESSAGENEW", Kind::message_new},
    EventName{"MESSAGEEXPUNGE", Kind::message_expunge},
    EventName{"FLAGCHANGE", Kind::flag_change},
    EventName{"ANNOTATIONCHANGE", Kind::annotation_change},
    EventName{"MAILBOXNAME", Kind::mailbox_name},
    EventName{"SUBSCRIPTIONCHANGE", Kind::subscription_change},
    EventName{"MAILBOXMETADATACHANGE", Kind::mailbox_metadata_change},
    EventName{"SERVERMETADATACHANGE", Kind::server_metadata_change},
};

struct FilterName {
    std::string_view name;
    Filter kind;
    bool has_names = false;
};
constexpr std::array filter_names{
    FilterName{"SELECTED", Filter::selected},
    FilterName{"SELECTED-DELAYED", Filter::selected_delayed},
    FilterName{"INBOXES", Filter::inboxes},
    FilterName{"PERSONAL", Filter::personal},
    FilterName{"SUBSCRIBED", Filter::subscribed},
    FilterName{"SUBTREE", Filter::subtree, true},
    FilterName{"SUBTREE-ONE", Filter::subtree_one, true},
    FilterName{"MAILBOXES", Filter::mailboxes, true},
};

bool of_selected(const MailboxFilter& filter)
{
    return filter.kind == Filter::selected || filter.kind == Filter::selected_delayed;
}

command::NotifyEvent event(Reader& reader, const MailboxFilter& filter)
{
    command::NotifyEvent event;
    event.name = reader.atom();
    const auto found = std::ranges::find_if(event_names, [&](const EventName& each) {
        return equal_ignoring_case(each.name, event.name);
    });
    if (found == event_names.end())
        return event;
    event.kind = found->kind;
    event.name.clear();
    if (event.kind == Kind::message_new && reader.rest().starts_with(" (")) {
        if (!of_selected(filter))
            reader.fail("Items to fetch are for the selected mailbox");
        reader.space();
        event.items = fetch_items(reader);
    }
    return event;
}

/// RFC 5465 §5: new and expunged messages are asked for together, and flags only with them.
void check_events(Reader& reader, const command::NotifyGroup& group)
{
    const auto has = [&](Kind kind) {
        return std::ranges::count(group.events, kind, &command::NotifyEvent::kind) != 0;
    };
    if (has(Kind::message_new) != has(Kind::message_expunge))
        reader.fail("MessageNew and MessageExpunge go together");
    if ((has(Kind::flag_change) || has(Kind::annotation_change)) && !has(Kind::message_new))
        reader.fail("FlagChange goes with MessageNew and MessageExpunge");
    const bool beyond_messages = has(Kind::mailbox_name) || has(Kind::subscription_change) ||
                                 has(Kind::mailbox_metadata_change) ||
                                 has(Kind::server_metadata_change);
    if (of_selected(group.filter) && beyond_messages)
        reader.fail("The selected mailbox has events of messages alone");
}

command::NotifyGroup group(Reader& reader)
{
    command::NotifyGroup group;
    reader.expect('(');
    group.filter = mailbox_filter(reader);
    if (group.filter.kind == Filter::subtree_one)
        reader.fail("SUBTREE-ONE is for ESEARCH");
    reader.space();
    if (!reader.take_keyword("NONE"))
        reader.filled_list([&] { group.events.push_back(event(reader, group.filter)); });
    reader.take_space();
    reader.expect(')');
    check_events(reader, group);
    return group;
}

} // namespace

MailboxFilter mailbox_filter(Reader& reader)
{
    MailboxFilter filter;
    const auto word = reader.keyword();
    const auto found = std::ranges::find(filter_names, std::string_view(word), &FilterName::name);
    if (found == filter_names.end()) {
        reader.fail("Unknown choice of mailboxes");
        return filter;
    }
    filter.kind = found->kind;
    if (!found->has_names)
        return filter;
    reader.space();
    if (reader.peek() == '(')
        reader.filled_list([&] { filter.names.push_back(reader.mailbox()); });
    else
        filter.names.push_back(reader.mailbox());
    return filter;
}

CommandBody notify(Reader& reader)
{
    command::Notify notify;
    reader.space();
    if (reader.take_keyword("NONE"))
        return notify;
    if (!reader.take_keyword("SET"))
        reader.fail("NOTIFY takes SET or NONE");
    notify.set = true;
    reader.space();
    notify.status = reader.take_keyword("STATUS");
    if (notify.status)
        reader.space();
    std::size_t selected = 0;
    do {
        reader.limit(notify.groups.size());
        notify.groups.push_back(group(reader));
        selected += of_selected(notify.groups.back().filter) ? 1 : 0;
    } while (!reader.failed() && reader.take_space() && !reader.rest().empty());
    if (selected > 1)
        reader.fail("The selected mailbox is given twice");
    return notify;
}

} // namespace posthouse::imap::grammar
