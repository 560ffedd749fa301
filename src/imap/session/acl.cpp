// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"
#include "imap/session/written.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace posthouse::imap {

namespace {

constexpr std::string_view all_rights = "lrswipkxtea";

/// In the order of the list above, with the two that older clients know (RFC 4314 §2.1.1): `c`
/// where mailboxes can be made or removed, `d` where messages can.
std::string shown(const Rights& rights)
{
    std::string all;
    const auto has = [&](std::string_view some) {
        return rights.find_first_of(some) != std::string::npos;
    };
    for (const char right : all_rights)
        if (rights.contains(right))
            all += right;
    if (has("kx"))
        all += 'c';
    if (has("te"))
        all += 'd';
    return all;
}

/// Nothing: there is a letter that is no right.
std::optional<Rights> meant(std::string_view letters)
{
    std::string spelt;
    for (const char letter : letters) {
        if (letter == 'c')
            spelt += "kx";
        else if (letter == 'd')
            spelt += "te";
        else if (all_rights.contains(letter))
            spelt += letter;
        else
            return std::nullopt;
    }
    Rights rights;
    for (const char right : all_rights)
        if (spelt.contains(right))
            rights += right;
    return rights;
}

Rights changed(const Rights& before, const Rights& by, command::SetAcl::Change how)
{
    Rights after;
    for (const char right : all_rights) {
        const bool was = before.contains(right), is = by.contains(right);
        if (how == command::SetAcl::Change::replace ? is
            : how == command::SetAcl::Change::add   ? was || is
                                                    : was && !is)
            after += right;
    }
    return after;
}

} // namespace

/// RFC 4314 §3.1
Task<Reply> carry_out(Dialogue& dialogue, const command::SetAcl& command)
{
    const auto rights = meant(command.rights);
    if (!rights)
        co_return Reply::bad("Unknown right");
    Rights before;
    if (command.change != command::SetAcl::Change::replace) {
        auto acl = co_await dialogue.backend->acl(command.mailbox.text);
        if (!acl)
            co_return reply_to(acl.error());
        if (const auto found = acl->find(command.identifier); found != acl->end())
            before = found->second;
    }
    auto done = co_await dialogue.backend->set_acl(command.mailbox.text, command.identifier,
                                                   changed(before, *rights, command.change));
    co_return done ? Reply::ok() : reply_to(done.error());
}

/// RFC 4314 §3.2
Task<Reply> carry_out(Dialogue& dialogue, const command::DeleteAcl& command)
{
    auto done =
        co_await dialogue.backend->set_acl(command.mailbox.text, command.identifier, Rights());
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
        append_astring(to, shown(rights), dialogue.name_form());
    }
    to += "\r\n";
    co_return Reply::ok();
}

/// RFC 4314 §3.4: none is always granted, and each by itself.
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
    append_astring(to, shown(mailbox->rights), dialogue.name_form());
    to += "\r\n";
    co_return Reply::ok();
}

} // namespace posthouse::imap
