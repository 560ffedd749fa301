// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "imap/session/commands.hpp"
#include "imap/session/rights.hpp"
#include "imap/session/written.hpp"

#include <string>

namespace posthouse::imap {

/// RFC 4314 §3.1
Task<Reply> carry_out(Dialogue& dialogue, const command::SetAcl& command)
{
    auto rights = rights_meant(command.rights);
    if (!rights)
        co_return Reply::bad("Unknown right");
    using How = RightsChange::How;
    const auto how = command.change == command::SetAcl::Change::add      ? How::add
                     : command.change == command::SetAcl::Change::remove ? How::remove
                                                                         : How::replace;
    auto done = co_await dialogue.backend->set_acl(command.mailbox.text, command.identifier,
                                                   {how, std::move(*rights)});
    co_return done ? Reply::ok() : reply_to(done.error());
}

/// RFC 4314 §3.2
Task<Reply> carry_out(Dialogue& dialogue, const command::DeleteAcl& command)
{
    auto done = co_await dialogue.backend->set_acl(command.mailbox.text, command.identifier, {});
    co_return done ? Reply::ok() : reply_to(done.error());
}

/// RFC 4314 §3.3
Task<Reply> carry_out(Dialogue& dialogue, const command::GetAcl& command)
{
    auto acl = co_await dialogue.backend->acl(command.mailbox.text);
    if (!acl)
        co_return reply_to(acl.error());
    auto& to = dialogue.out.text();
    to += "* ACL ";
    append_mailbox(to, command.mailbox.text, dialogue);
    for (const auto& [identifier, rights] : *acl) {
        to += ' ';
        append_astring(to, identifier, dialogue.name_form());
        to += ' ';
        append_astring(to, shown_rights(rights), dialogue.name_form());
    }
    to += "\r\n";
    co_return Reply::ok();
}

/// RFC 4314 §3.4: the owner has all of them always; to others none is always granted, and each by
/// itself.
Task<Reply> carry_out(Dialogue& dialogue, const command::ListRights& command)
{
    auto mailbox = co_await dialogue.backend->status(command.mailbox.text);
    if (!mailbox)
        co_return reply_to(mailbox.error());
    if (!mailbox->rights.contains('a'))
        co_return reply_to(Trouble::no_permission);
    auto& to = dialogue.out.text();
    to += "* LISTRIGHTS ";
    append_mailbox(to, command.mailbox.text, dialogue);
    to += ' ';
    append_astring(to, command.identifier, dialogue.name_form());
    const auto& owner = mailbox->owner.empty() ? dialogue.user : mailbox->owner;
    if (equal_ignoring_case(command.identifier, owner))
        to += ' ' + shown_rights(Rights(all_rights)) + "\r\n";
    else
        to += " \"\" l r s w i p k x t e a c d\r\n";
    co_return Reply::ok();
}

/// RFC 4314 §3.5
Task<Reply> carry_out(Dialogue& dialogue, const command::MyRights& command)
{
    auto mailbox = co_await dialogue.backend->status(command.mailbox.text);
    if (!mailbox)
        co_return reply_to(mailbox.error());
    auto& to = dialogue.out.text();
    to += "* MYRIGHTS ";
    append_mailbox(to, command.mailbox.text, dialogue);
    to += ' ';
    append_astring(to, shown_rights(mailbox->rights), dialogue.name_form());
    to += "\r\n";
    co_return Reply::ok();
}

} // namespace posthouse::imap
