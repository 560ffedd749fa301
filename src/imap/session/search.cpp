// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"
#include "imap/session/numbers.hpp"
#include "imap/session/searching.hpp"

#include <fmt/format.h>

namespace posthouse::imap {

namespace {

/// RFC 9051 §7.3.3 has it no more; RFC 3501 §7.2.5, and RFC 7162 §3.1.5 for MODSEQ.
Task<void> say_search(Dialogue& dialogue, const mail::UidSet& numbers, std::uint64_t modseq)
{
    auto& to = dialogue.out.text();
    to += "* SEARCH";
    for (const auto number : numbers) {
        to += ' ';
        append_number(to, number);
        if (dialogue.out.full())
            co_await dialogue.out.pass();
    }
    if (modseq != 0 && !numbers.empty())
        to += fmt::format(" (MODSEQ {})", modseq);
    to += "\r\n";
}

/// What `$` is from now on: RFC 9051 §6.4.4.1, RFC 5182 §2.4.
void save(Dialogue& dialogue, const command::SearchReturn& want, const mail::UidSet& uids)
{
    auto& saved = dialogue.selected->saved;
    saved = uids;
    if (want.all || want.count || want.partial || (!want.min && !want.max))
        return;
    saved.clear();
    if (uids.empty())
        return;
    if (want.min)
        saved.add(uids.smallest());
    if (want.max)
        saved.add(uids.largest());
}

} // namespace

/// RFC 9051 §6.4.4
Task<Reply> carry_out(Dialogue& dialogue, const command::Search& command)
{
    auto want = command.want;
    auto found = co_await find(dialogue, command.program, command.charset);
    if (!found) {
        if (want && want->save)
            dialogue.selected->saved.clear(); // RFC 5182 §2.1
        co_return found.error();
    }
    if (!want && dialogue.enabled.rev2)
        want.emplace().all = true;
    if (want && want->save)
        save(dialogue, *want, found->uids);
    const auto& view = dialogue.selected->view;
    auto numbers = command.by == Numbering::uid ? found->uids : view.numbers_of(found->uids);
    const auto modseq = dialogue.enabled.condstore ? found->highest_modseq : 0;
    if (!want)
        co_await say_search(dialogue, numbers, modseq);
    else if (!want->save || want->min || want->max || want->all || want->count || want->partial)
        say_esearch(dialogue, {dialogue.tag, command.by, *want, std::move(numbers), modseq});
    if (found->incomplete)
        co_return Reply::no("LIMIT", "The search took too long, and is not complete");
    co_return Reply::ok();
}

} // namespace posthouse::imap
