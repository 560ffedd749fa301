// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"

namespace posthouse::imap {

/// RFC 9051 §6.1.2
Task<Reply> carry_out(Dialogue& dialogue, const command::Noop&)
{
    co_await dialogue.bring_forward(Expunges::told);
    co_return Reply::ok();
}

/// RFC 3501 §6.4.1
Task<Reply> carry_out(Dialogue& dialogue, const command::Check&)
{
    co_await dialogue.bring_forward(Expunges::told);
    co_return Reply::ok();
}

} // namespace posthouse::imap
