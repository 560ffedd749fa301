// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"
#include "imap/session/rights.hpp"
#include "imap/session/written.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace posthouse::imap {

namespace {

std::string flag_names(const Selected& selected)
{
    std::string names = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";
    for (const auto& keyword : selected.keywords)
        names += ' ' + keyword;
    return names;
}

/// RFC 9051 §6.3.2, and what RFC 3501 §6.3.1 has besides.
void describe(Dialogue& dialogue, const Opened& opened)
{
    const auto& selected = *dialogue.selected;
    const auto& view = selected.view;
    const auto names = flag_names(selected);
    dialogue.say(fmt::format("FLAGS ({})", names));
    say_permanent_flags(dialogue);
    dialogue.say(fmt::format("{} EXISTS", view.exists()));
    if (dialogue.enabled.rev2) {
        auto& to = dialogue.out.text();
        to += "* LIST () \"/\" ";
        append_mailbox(to, selected.name, dialogue);
        to += "\r\n";
    } else {
        dialogue.say(fmt::format("{} RECENT", view.recent()));
        if (opened.first_unseen && !dialogue.enabled.uidonly) { // RFC 9586 §3: no numbers
            View::Numbers numbers(view);
            if (const auto number = numbers.of(*opened.first_unseen))
                dialogue.say(fmt::format("OK [UNSEEN {}] First unseen", number));
        }
    }
    dialogue.say(fmt::format("OK [UIDVALIDITY {}] UIDs valid", opened.uid_validity));
    dialogue.say(fmt::format("OK [UIDNEXT {}] Predicted next UID", view.uid_next()));
    dialogue.say(fmt::format("OK [HIGHESTMODSEQ {}] Highest", opened.highest_modseq));
    if (!opened.id.empty()) // RFC 8474 §4.2
        dialogue.say(fmt::format("OK [MAILBOXID ({})] Ok", opened.id));
}

/// Of the UIDs that the client says it knows, those that can have vanished: RFC 7162 §3.2.5.2 lets
/// it name pairs of sequence number and UID that it is sure of. Below the largest pair that is
/// right still, nothing vanished.
std::uint32_t certain_up_to(const View& view, const command::QresyncParameter& known)
{
    if (!known.sequence_match)
        return 0;
    const auto& [numbers, uids] = *known.sequence_match;
    std::uint32_t certain = 0;
    View::Numbers now(view);
    auto uid = uids.begin();
    for (auto number = numbers.begin(); number != numbers.end() && uid != uids.end();
         ++number, ++uid) {
        if (now.of(*uid) != *number)
            break;
        certain = *uid;
    }
    return certain;
}

/// RFC 7162 §3.2.5: what changed since the client was here.
Task<void> resynchronise(Dialogue& dialogue, const command::QresyncParameter& known)
{
    auto& selected = *dialogue.selected;
    if (known.uid_validity != selected.uid_validity)
        co_return;
    auto changes = co_await dialogue.backend->changes(selected.handle, known.mod_seq);
    if (!changes)
        co_return; // It was told HIGHESTMODSEQ, and can ask itself.
    auto vanished = changes->vanished.without(selected.view.uids());
    if (known.known_uids)
        vanished = vanished.intersected(*known.known_uids);
    if (const auto certain = certain_up_to(selected.view, known); certain != 0)
        vanished.remove(1, certain);
    if (selected.view.uid_next() > 1 && !vanished.empty())
        vanished = vanished.intersected(mail::UidSet::range(1, selected.view.uid_next() - 1));
    if (!vanished.empty())
        dialogue.say("VANISHED (EARLIER) " + vanished.text());
    dialogue.learn_keywords(changes->keywords);
    // Messages that the client does not know of are told too: RFC 7162 §3.2.5.1 leaves it open.
    co_await dialogue.tell_flags(changes->entries);
}

} // namespace

Task<Reply> carry_out(Dialogue& dialogue, const command::Select& command)
{
    if (command.qresync && !dialogue.enabled.qresync)
        co_return Reply::bad("QRESYNC was not enabled");
    if (command.qresync && command.qresync->sequence_match && dialogue.enabled.uidonly)
        co_return Reply::bad("Message numbers are not allowed once UIDONLY is enabled",
                             "UIDREQUIRED"); // RFC 9586 §3
    if (dialogue.selected) {
        dialogue.leave();
        dialogue.say("OK [CLOSED] Previous mailbox is now closed");
    }
    if (command.condstore)
        dialogue.follow_modseqs();
    const auto access =
        command.access == command::Access::read_only ? Access::read_only : Access::read_write;
    auto opened = co_await dialogue.backend->open(command.mailbox.text, access);
    if (!opened)
        co_return reply_to(opened.error());
    dialogue.enter(command.mailbox.text, *opened);
    describe(dialogue, *opened);
    if (command.qresync)
        co_await resynchronise(dialogue, *command.qresync);
    co_return Reply::ok(is_writable(opened->access, dialogue.selected->rights) ? "READ-WRITE"
                                                                               : "READ-ONLY",
                        access == Access::read_only ? "EXAMINE completed" : "SELECT completed");
}

} // namespace posthouse::imap
