// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"

namespace posthouse::imap {

/// RFC 9051 §6.1.3
Task<Reply> carry_out(Dialogue& dialogue, const command::Logout&)
{
    dialogue.say_bye("Logging out");
    co_return Reply::ok();
}

} // namespace posthouse::imap
