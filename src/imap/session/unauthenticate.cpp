// SPDX-License-Identifier: Apache-2.0
#include "imap/session/capabilities.hpp"
#include "imap/session/commands.hpp"

namespace posthouse::imap {

/// RFC 8437 §3: all is as it was after STARTTLS. Compression would have to end too (§4.1); a
/// compressed connection is not offered it.
Task<Reply> carry_out(Dialogue& dialogue, const command::Unauthenticate&)
{
    if (dialogue.compressed || !offers(dialogue, "UNAUTHENTICATE"))
        co_return Reply::bad("UNAUTHENTICATE is not offered");
    dialogue.forget_login();
    co_return Reply::ok();
}

} // namespace posthouse::imap
