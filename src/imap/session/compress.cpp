// SPDX-License-Identifier: Apache-2.0
#include "imap/session/capabilities.hpp"
#include "imap/session/commands.hpp"

namespace posthouse::imap {

/// RFC 4978 §3
Task<Reply> carry_out(Dialogue& dialogue, const command::Compress&)
{
    if (dialogue.compressed)
        co_return Reply::no("COMPRESSIONACTIVE", "The connection is compressed already");
    if (!dialogue.settings.offer_compression || !offers(dialogue, "COMPRESS=DEFLATE"))
        co_return Reply::bad("COMPRESS is not offered");
    dialogue.say_tagged(Reply::ok({}, "DEFLATE active"), {});
    co_await dialogue.out.pass();
    if (dialogue.out.gone() || !co_await dialogue.channel.compress(dialogue.framer.take_input())) {
        dialogue.out.give_up();
        co_return Reply::said();
    }
    dialogue.compressed = true;
    co_return Reply::said();
}

} // namespace posthouse::imap
