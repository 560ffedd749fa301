// SPDX-License-Identifier: Apache-2.0
#include "imap/session/capabilities.hpp"
#include "imap/session/commands.hpp"
#include "imap/session/notify.hpp"

#include <fmt/format.h>

namespace posthouse::imap {

/// RFC 9051 §6.3.1, RFC 5161
Task<Reply> carry_out(Dialogue& dialogue, const command::Enable& command)
{
    std::string done;
    auto& on = dialogue.enabled;
    bool watched = false;
    bool condstore = on.condstore;
    const auto turn_on = [&](std::string_view name, bool& what) {
        if (!offers(dialogue, name))
            return;
        if (!what)
            done += ' ' + std::string(name);
        what = true;
    };
    for (const auto& name : command.capabilities) {
        if (name == "CONDSTORE") {
            turn_on("CONDSTORE", condstore);
        } else if (name == "QRESYNC") { // Which implies the other: RFC 7162 §3.2.3
            turn_on("QRESYNC", on.qresync);
            condstore |= on.qresync;
        } else if (name == "UTF8=ACCEPT") {
            turn_on("UTF8=ACCEPT", on.utf8);
        } else if (name == "IMAP4REV2") {
            turn_on("IMAP4rev2", on.rev2);
        } else if (name == "UIDONLY") {
            turn_on("UIDONLY", on.uidonly);
        } else if (name == "METADATA" || name == "METADATA-SERVER") { // RFC 5464 §4.1
            turn_on(name, on.metadata);
            watched |= on.metadata;
        }
    }
    if (watched)
        (void)co_await watch(dialogue);
    dialogue.say("ENABLED" + done);
    if (condstore)
        dialogue.follow_modseqs();
    co_return Reply::ok();
}

} // namespace posthouse::imap
