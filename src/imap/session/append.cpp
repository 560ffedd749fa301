// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"
#include "imap/session/uploads.hpp"

#include <fmt/format.h>

namespace posthouse::imap {

/// RFC 9051 §6.3.12, RFC 3502
Task<Reply> carry_out(Dialogue& dialogue, const command::Append& command)
{
    Uploads uploads(dialogue);
    if (auto trouble = co_await uploads.take(command.steps, command.place))
        co_return *trouble;
    auto appended = co_await dialogue.backend->append(command.mailbox.text, uploads.release(), {});
    if (!appended)
        co_return reply_to_destination(appended.error());
    if (dialogue.selected && dialogue.selected->name == command.mailbox.text)
        dialogue.selected->expect(appended->uids);
    std::string code;
    if (!appended->uids.empty())
        code = fmt::format("APPENDUID {} {}", appended->uid_validity, appended->uids.text());
    co_return Reply::ok(code);
}

} // namespace posthouse::imap
