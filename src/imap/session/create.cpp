// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "imap/session/commands.hpp"
#include "imap/session/notify.hpp"

#include <algorithm>
#include <array>

namespace posthouse::imap {

namespace {

/// RFC 6154 §2; those that a mailbox can be made with.
constexpr std::array<std::string_view, 6> uses = {"\\Archive", "\\Drafts", "\\Flagged",
                                                  "\\Junk",    "\\Sent",   "\\Trash"};

} // namespace

/// RFC 9051 §6.3.4, RFC 6154 §3
Task<Reply> carry_out(Dialogue& dialogue, const command::Create& command)
{
    if (const auto fault = new_name_fault(command.mailbox.text))
        co_return Reply::no("CANNOT", std::string(*fault));
    std::string use;
    if (command.special_use.size() > 1)
        co_return Reply::no("USEATTR", "A mailbox can have one special use");
    if (!command.special_use.empty()) {
        const auto* known = std::ranges::find_if(uses, [&](std::string_view name) {
            return equal_ignoring_case(name, command.special_use.front());
        });
        if (known == uses.end())
            co_return Reply::no("USEATTR", "Special use not supported");
        use = *known;
    }
    auto id = co_await dialogue.backend->create(command.mailbox.text, use);
    if (!id && id.error() == Trouble::exists && command.ends_with_separator)
        co_return Reply::ok(); // Children are wanted, and can be had.
    if (!id && id.error() == Trouble::cannot && !use.empty())
        co_return Reply::no("USEATTR", "That special use cannot be given");
    if (!id)
        co_return reply_to(id.error());
    made_mailbox(dialogue, command.mailbox.text, *id);
    // RFC 8474 §4.1
    co_return Reply::ok(id->empty() ? std::string() : "MAILBOXID (" + *id + ")");
}

} // namespace posthouse::imap
