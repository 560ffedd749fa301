// SPDX-License-Identifier: Apache-2.0
#include "imap/grammar.hpp"

#include "base/text.hpp"

#include <algorithm>

/// Quota (RFC 9208 §4.2) and access control (RFC 4314 §3).
namespace posthouse::imap::grammar {

namespace {

/// A mailbox and whose rights on it are meant.
template <class T>
T mailbox_and_identifier(Reader& reader)
{
    T command;
    reader.space();
    command.mailbox = reader.mailbox();
    reader.space();
    command.identifier = reader.astring();
    return command;
}

} // namespace

CommandBody get_quota(Reader& reader)
{
    reader.space();
    return command::GetQuota{reader.astring()};
}

CommandBody set_quota(Reader& reader)
{
    command::SetQuota quota;
    reader.space();
    quota.root = reader.astring();
    reader.space();
    reader.list([&] {
        auto resource = uppercase(reader.atom());
        reader.space();
        quota.limits.emplace_back(std::move(resource), reader.number64());
    });
    return quota;
}

CommandBody set_acl(Reader& reader)
{
    auto acl = mailbox_and_identifier<command::SetAcl>(reader);
    reader.space();
    acl.rights = reader.astring();
    if (acl.rights.starts_with('+'))
        acl.change = command::SetAcl::Change::add;
    else if (acl.rights.starts_with('-'))
        acl.change = command::SetAcl::Change::remove;
    if (acl.change != command::SetAcl::Change::replace)
        acl.rights.erase(0, 1);
    // RFC 4314 §2: upper-case rights are refused.
    if (!std::ranges::all_of(acl.rights,
                             [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c); }))
        reader.fail("Rights are lower-case letters and digits");
    return acl;
}

CommandBody delete_acl(Reader& reader)
{
    return mailbox_and_identifier<command::DeleteAcl>(reader);
}

CommandBody list_rights(Reader& reader)
{
    return mailbox_and_identifier<command::ListRights>(reader);
}

} // namespace posthouse::imap::grammar
