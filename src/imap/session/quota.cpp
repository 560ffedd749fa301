// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"
#include "imap/session/written.hpp"

#include <fmt/format.h>

#include <iterator>

namespace posthouse::imap {

namespace {

/// RFC 9208 §4.2.1
void say_quota(Dialogue& dialogue, const Quota& quota)
{
    auto& to = dialogue.out.text();
    to += "* QUOTA ";
    append_astring(to, quota.root, dialogue.name_form());
    to += " (";
    for (const auto& resource : quota.resources)
        fmt::format_to(std::back_inserter(to), "{} {} {} ", resource.name, resource.usage,
                       resource.limit);
    if (!quota.resources.empty())
        to.pop_back();
    to += ")\r\n";
}

} // namespace

/// RFC 9208 §4.1.1
Task<Reply> carry_out(Dialogue& dialogue, const command::GetQuota& command)
{
    auto quotas = co_await dialogue.backend->quota(command.root);
    if (!quotas)
        co_return quotas.error() == Trouble::nonexistent
            ? Reply::no("NONEXISTENT", "No such quota root")
            : reply_to(quotas.error());
    bool found = false;
    for (const auto& quota : *quotas) {
        if (quota.root != command.root)
            continue;
        say_quota(dialogue, quota);
        found = true;
    }
    co_return found ? Reply::ok() : Reply::no("NONEXISTENT", "No such quota root");
}

/// RFC 9208 §4.1.2
Task<Reply> carry_out(Dialogue& dialogue, const command::GetQuotaRoot& command)
{
    auto quotas = co_await dialogue.backend->quota(command.mailbox.text);
    if (!quotas)
        co_return reply_to(quotas.error());
    auto& to = dialogue.out.text();
    // RFC 9208 §4.2.1: one without limits has nothing to say.
    std::erase_if(*quotas, [](const Quota& quota) { return quota.resources.empty(); });
    to += "* QUOTAROOT ";
    append_mailbox(to, command.mailbox.text, dialogue);
    for (const auto& quota : *quotas) {
        to += ' ';
        append_astring(to, quota.root, dialogue.name_form());
    }
    to += "\r\n";
    for (const auto& quota : *quotas)
        say_quota(dialogue, quota);
    co_return Reply::ok();
}

/// RFC 9208 §4.1.3
Task<Reply> carry_out(Dialogue& dialogue, const command::SetQuota& command)
{
    std::vector<Quota::Resource> wanted;
    for (const auto& [name, limit] : command.limits)
        wanted.push_back({name, 0, limit});
    auto done = co_await dialogue.backend->set_quota(command.root, std::move(wanted));
    if (!done)
        co_return reply_to(done.error());
    auto quotas = co_await dialogue.backend->quota(command.root);
    if (quotas)
        for (const auto& quota : *quotas)
            if (quota.root == command.root)
                say_quota(dialogue, quota);
    co_return Reply::ok();
}

} // namespace posthouse::imap
