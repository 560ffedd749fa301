// SPDX-License-Identifier: Apache-2.0
#include "imap/session/commands.hpp"
#include "imap/session/searching.hpp"

namespace posthouse::imap {

namespace {

bool tells(const command::SearchReturn& want)
{
    return want.min || want.max || want.all || want.count || want.partial || !want.save;
}

} // namespace

/// RFC 9051 §6.4.4
Task<Reply> carry_out(Dialogue& dialogue, const command::Search& command)
{
    auto want = command.want;
    auto found = co_await find(dialogue, command);
    if (!found) {
        if (want && want->save && dialogue.selected)
            dialogue.selected->saved.clear(); // RFC 5182 §2.1
        co_return found.error();
    }
    if (!want && dialogue.enabled.rev2)
        want.emplace().all = true;
    auto& selected = *dialogue.selected;
    const auto& uids = found->uids;
    if (want && want->save)
        selected.saved = saved_by(*want, uids);
    const auto numbers = command.by == Numbering::uid ? uids : selected.view.numbers_of(uids);
    const auto modseq = dialogue.enabled.condstore && !uids.empty() ? found->highest_modseq : 0;
    if (!want) {
        append_search_response(dialogue.out.text(), numbers, modseq);
    } else if (tells(*want)) {
        auto reply = esearch_reply(*want, numbers);
        if (want->relevancy) // All match as well as can be known.
            reply.relevancy.assign(want->partial ? 0 : uids.size(), 100);
        say_esearch(dialogue, std::move(reply), command, modseq);
    }
    if (want && want->update)
        keep_context(dialogue, command, uids);
    if (found->incomplete)
        co_return Reply::no("LIMIT", "The search took too long, and is not complete");
    co_return Reply::ok();
}

/// RFC 5267 §4.3.5
Task<Reply> carry_out(Dialogue& dialogue, const command::CancelUpdate& command)
{
    for (const auto& tag : command.tags)
        std::erase_if(dialogue.selected->contexts,
                      [&](const Context& context) { return context.tag == tag; });
    co_return Reply::ok();
}

} // namespace posthouse::imap
