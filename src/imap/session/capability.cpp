// SPDX-License-Identifier: Apache-2.0
#include "imap/session/capabilities.hpp"
#include "imap/session/commands.hpp"

namespace posthouse::imap {

/// RFC 9051 §6.1.1
Task<Reply> carry_out(Dialogue& dialogue, const command::Capability&)
{
    dialogue.say("CAPABILITY " + capabilities(dialogue));
    co_return Reply::ok();
}

} // namespace posthouse::imap
