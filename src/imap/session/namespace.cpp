// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"

namespace posthouse::imap {

/// RFC 9051 §6.3.10
Task<Reply> carry_out(Dialogue& dialogue, const command::Namespace&)
{
    const auto& others = dialogue.settings.others;
    dialogue.say("NAMESPACE ((\"\" \"/\")) " +
                 (others.empty() ? "NIL" : "((\"" + others + "\" \"/\"))") + " NIL");
    co_return Reply::ok();
}

} // namespace posthouse::imap
