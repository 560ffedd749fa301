// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"

namespace posthouse::imap {

/// RFC 9051 §6.3.10: all is one tree; what others share stands in it under its own name.
Task<Reply> carry_out(Dialogue& dialogue, const command::Namespace&)
{
    dialogue.say("NAMESPACE ((\"\" \"/\")) NIL NIL");
    co_return Reply::ok();
}

} // namespace posthouse::imap
