// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"

namespace posthouse::imap {

/// RFC 9051 §6.2.1
Task<Reply> carry_out(Dialogue& dialogue, const command::StartTls&)
{
    if (!dialogue.settings.offer_tls || dialogue.secured)
        co_return Reply::bad(dialogue.secured ? "TLS is on already" : "TLS is not offered");
    if (dialogue.framer.has_input()) {
        // Said in the clear, it could be anybody's (RFC 9051 §11.1). It is not carried out.
        dialogue.say_bye("Nothing may be sent behind STARTTLS before the handshake");
        co_return Reply::said();
    }
    dialogue.say_tagged(Reply::ok({}, "Begin TLS negotiation now"), {});
    co_await dialogue.out.pass();
    if (dialogue.out.gone() || !co_await dialogue.channel.start_tls()) {
        dialogue.out.give_up();
        co_return Reply::said();
    }
    dialogue.framer.discard_input();
    dialogue.secured = true;
    co_return Reply::said();
}

} // namespace posthouse::imap
