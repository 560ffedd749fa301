// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"
#include "imap/session/written.hpp"

namespace posthouse::imap {

/// RFC 2971 §3.1
Task<Reply> carry_out(Dialogue& dialogue, const command::Id&)
{
    auto& to = dialogue.out.text();
    to += "* ID ";
    char before = '(';
    for (const auto& [name, value] : dialogue.settings.id) {
        to += before;
        before = ' ';
        append_string(to, name, NameForm::modified_utf7);
        to += ' ';
        append_string(to, value, NameForm::modified_utf7);
    }
    to += dialogue.settings.id.empty() ? "NIL\r\n" : ")\r\n";
    co_return Reply::ok();
}

} // namespace posthouse::imap
