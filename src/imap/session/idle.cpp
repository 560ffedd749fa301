// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "imap/session/commands.hpp"
#include "imap/session/notify.hpp"

#include <algorithm>

namespace posthouse::imap {

namespace {

constexpr std::size_t done_bytes = 1000; // "DONE"; clients have sent other lines.

/// What NOTIFY asked for, and of the selected mailbox everything.
Task<void> tell_all(Dialogue& dialogue)
{
    co_await tell_watched(dialogue);
    if (dialogue.selected && dialogue.selected->changed)
        co_await dialogue.bring_forward(Expunges::told);
}

Reply end_of(const Frame& frame)
{
    const auto* line = std::get_if<frame::Line>(&frame);
    if (line && equal_ignoring_case(trimmed(line->text), "DONE"))
        return Reply::ok({}, "IDLE completed");
    return Reply::bad("Expected DONE");
}

} // namespace

/// RFC 9051 §6.3.13. A client that idles is not sent away for it as long as the keepalive reaches
/// it: that a connection is dead shows when it is written to.
Task<Reply> carry_out(Dialogue& dialogue, const command::Idle&)
{
    dialogue.out << "+ idling\r\n";
    dialogue.framer.expect_line(done_bytes);
    co_await dialogue.bring_forward(Expunges::told);
    const auto& limits = dialogue.settings.limits;
    const bool keep = limits.keepalive > Duration::zero();
    while (!dialogue.over) {
        auto heard = co_await dialogue.listen(dialogue.channel.now() +
                                              (keep ? limits.keepalive : limits.idle));
        if (const auto* frame = std::get_if<Frame>(&heard))
            co_return end_of(*frame);
        switch (std::get<Sign>(heard)) {
        case Sign::end:
            dialogue.out.give_up();
            co_return Reply::said();
        case Sign::time:
            if (keep)
                dialogue.say("OK Still here");
            else
                dialogue.say_bye("Disconnected for inactivity");
            break;
        case Sign::nudge:
            if (dialogue.closing)
                dialogue.say_bye(dialogue.closing_words);
            else
                co_await tell_all(dialogue);
            break;
        }
    }
    co_return Reply::said();
}

} // namespace posthouse::imap
