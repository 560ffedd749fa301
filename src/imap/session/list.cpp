// SPDX-License-Identifier: Apache-2.0
#include "imap/list_match.hpp"
#include "imap/session/commands.hpp"
#include "imap/session/list_reply.hpp"
#include "imap/session/rights.hpp"
#include "imap/session/status.hpp"
#include "imap/session/written.hpp"

#include <utility>

namespace posthouse::imap {

namespace {

/// What RETURN asked for besides, of a mailbox that there is.
void say_besides(Dialogue& dialogue, const Mailbox& mailbox, const command::List& command)
{
    auto& to = dialogue.out.text();
    if (!command.want.status.empty() && mailbox.status) // RFC 5819 §2
        say_status(dialogue, mailbox, command.want.status);
    if (command.want.my_rights && !mailbox.rights.empty()) { // RFC 8440 §3
        to += "* MYRIGHTS ";
        append_mailbox(to, mailbox.name, dialogue);
        to += ' ';
        append_astring(to, shown_rights(mailbox.rights), dialogue.name_form());
        to += "\r\n";
    }
    if (command.want.metadata.empty())
        return;
    to += "* METADATA "; // RFC 9590 §3
    append_mailbox(to, mailbox.name, dialogue);
    to += ' ';
    char before = '(';
    for (const auto& entry : command.want.metadata) {
        to += std::exchange(before, ' ');
        append_astring(to, entry, NameForm::utf8);
        to += ' ';
        const auto found = mailbox.metadata.find(entry);
        append_nstring(to,
                       found == mailbox.metadata.end()
                           ? std::nullopt
                           : std::optional<std::string_view>(found->second),
                       dialogue.name_form());
    }
    to += ")\r\n";
}

} // namespace

std::vector<ListedMailbox> listed(const std::vector<Mailbox>& mailboxes)
{
    std::vector<ListedMailbox> all;
    all.reserve(mailboxes.size());
    for (const auto& mailbox : mailboxes)
        all.push_back({mailbox.name, mailbox.exists, mailbox.selectable, mailbox.subscribed,
                       mailbox.special_use});
    return all;
}

void say_list(Dialogue& dialogue, const ListRow& row, std::string_view response)
{
    auto& to = dialogue.out.text();
    to += "* ";
    to += response;
    to += " (";
    for (const auto& attribute : row.attributes) {
        if (&attribute != &row.attributes.front())
            to += ' ';
        to += attribute;
    }
    to += ") \"/\" ";
    append_mailbox(to, row.name, dialogue);
    if (!row.child_info.empty()) { // RFC 5258 §3.5
        to += " (\"CHILDINFO\" (";
        for (const auto& criterion : row.child_info) {
            if (&criterion != &row.child_info.front())
                to += ' ';
            to += '"';
            to += criterion;
            to += '"';
        }
        to += "))";
    }
    to += "\r\n";
}

/// RFC 9051 §6.3.9
Task<Reply> carry_out(Dialogue& dialogue, const command::List& command)
{
    if (!command.extended && command.patterns.size() == 1 && command.patterns.front().empty()) {
        dialogue.say("LIST (\\Noselect) \"/\" \"\""); // What is the separator?
        co_return Reply::ok();
    }
    auto mailboxes =
        co_await dialogue.backend->list({!command.want.status.empty(), command.want.metadata});
    if (!mailboxes)
        co_return reply_to(mailboxes.error());
    const auto dialect = dialogue.enabled.rev2 ? ListDialect::rev2 : ListDialect::rev1;
    for (const auto& row : list_rows(listed(*mailboxes), command, dialect)) {
        say_list(dialogue, row, "LIST");
        if (row.mailbox)
            if (const auto& mailbox = (*mailboxes)[*row.mailbox];
                mailbox.exists && mailbox.selectable)
                say_besides(dialogue, mailbox, command);
        if (dialogue.out.full())
            co_await dialogue.out.pass();
    }
    co_return Reply::ok();
}

/// RFC 3501 §6.3.9
Task<Reply> carry_out(Dialogue& dialogue, const command::Lsub& command)
{
    auto mailboxes = co_await dialogue.backend->list({});
    if (!mailboxes)
        co_return reply_to(mailboxes.error());
    for (const auto& row : lsub_rows(listed(*mailboxes), command)) {
        say_list(dialogue, row, "LSUB");
        if (dialogue.out.full())
            co_await dialogue.out.pass();
    }
    co_return Reply::ok();
}

} // namespace posthouse::imap
