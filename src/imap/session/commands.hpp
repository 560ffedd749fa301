// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/command.hpp"
#include "imap/session/dialogue.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

/// Each command's doing, in a file of its name. Untagged responses go to the dialogue's output;
/// the tagged one is what they return.
namespace posthouse::imap {

Task<Reply> carry_out(Dialogue&, const command::Capability&);
Task<Reply> carry_out(Dialogue&, const command::Noop&);
Task<Reply> carry_out(Dialogue&, const command::Logout&);
Task<Reply> carry_out(Dialogue&, const command::Id&);
Task<Reply> carry_out(Dialogue&, const command::StartTls&);
Task<Reply> carry_out(Dialogue&, const command::Authenticate&);
Task<Reply> carry_out(Dialogue&, const command::Login&);
Task<Reply> carry_out(Dialogue&, const command::Unauthenticate&);
Task<Reply> carry_out(Dialogue&, const command::Compress&);
Task<Reply> carry_out(Dialogue&, const command::Enable&);
Task<Reply> carry_out(Dialogue&, const command::Select&);
Task<Reply> carry_out(Dialogue&, const command::Create&);
Task<Reply> carry_out(Dialogue&, const command::Delete&);
Task<Reply> carry_out(Dialogue&, const command::Rename&);
Task<Reply> carry_out(Dialogue&, const command::Subscribe&);
Task<Reply> carry_out(Dialogue&, const command::Unsubscribe&);
Task<Reply> carry_out(Dialogue&, const command::Status&);
Task<Reply> carry_out(Dialogue&, const command::List&);
Task<Reply> carry_out(Dialogue&, const command::Lsub&);
Task<Reply> carry_out(Dialogue&, const command::Namespace&);
Task<Reply> carry_out(Dialogue&, const command::Append&);
Task<Reply> carry_out(Dialogue&, const command::Replace&);
Task<Reply> carry_out(Dialogue&, const command::Idle&);
Task<Reply> carry_out(Dialogue&, const command::Close&);
Task<Reply> carry_out(Dialogue&, const command::Unselect&);
Task<Reply> carry_out(Dialogue&, const command::Check&);
Task<Reply> carry_out(Dialogue&, const command::Expunge&);
Task<Reply> carry_out(Dialogue&, const command::Search&);
Task<Reply> carry_out(Dialogue&, const command::Esearch&);
Task<Reply> carry_out(Dialogue&, const command::Sort&);
Task<Reply> carry_out(Dialogue&, const command::Thread&);
Task<Reply> carry_out(Dialogue&, const command::CancelUpdate&);
Task<Reply> carry_out(Dialogue&, const command::Fetch&);
Task<Reply> carry_out(Dialogue&, const command::Store&);
Task<Reply> carry_out(Dialogue&, const command::Copy&);
Task<Reply> carry_out(Dialogue&, const command::GetQuota&);
Task<Reply> carry_out(Dialogue&, const command::GetQuotaRoot&);
Task<Reply> carry_out(Dialogue&, const command::SetQuota&);
Task<Reply> carry_out(Dialogue&, const command::GetAcl&);
Task<Reply> carry_out(Dialogue&, const command::SetAcl&);
Task<Reply> carry_out(Dialogue&, const command::DeleteAcl&);
Task<Reply> carry_out(Dialogue&, const command::ListRights&);
Task<Reply> carry_out(Dialogue&, const command::MyRights&);
Task<Reply> carry_out(Dialogue&, const command::GetMetadata&);
Task<Reply> carry_out(Dialogue&, const command::SetMetadata&);
Task<Reply> carry_out(Dialogue&, const command::Notify&);

/// What a command is to the session, besides what it does.
struct Rules {
    std::string_view name;
    enum class When : std::uint8_t {
        any,
        stranger, ///< Before the login only.
        known,    ///< After it.
        selected, ///< With a mailbox selected.
    };
    When when = When::any;
    enum class Numbers : std::uint8_t {
        none,    ///< It names no messages: vanished ones may be told at its end.
        by_form, ///< Not if there are sequence numbers in it (its UID form may tell).
        silent,  ///< Nothing is told at its end: it changes what is selected, or tells itself.
    };
    Numbers numbers = Numbers::none;
};
const Rules& rules_of(const CommandBody&);
/// How it names messages; nothing: it names none.
std::optional<Numbering> numbering_of(const CommandBody&);
/// Are there sequence numbers in it, be it only in what a UID SEARCH looks for?
bool mentions_numbers(const CommandBody&);

} // namespace posthouse::imap
