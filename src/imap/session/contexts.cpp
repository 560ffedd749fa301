// SPDX-License-Identifier: Apache-2.0
#include "imap/session/contexts.hpp"

#include "imap/search_reply.hpp"

namespace posthouse::imap {

namespace {

void say_change(Dialogue& dialogue, const Context& context, const mail::UidSet& added,
                const mail::UidSet& removed)
{
    const auto& view = dialogue.selected->view;
    const auto numbers = [&](const mail::UidSet& uids) {
        return context.by == Numbering::uid ? uids : view.numbers_of(uids);
    };
    EsearchReply reply;
    reply.tag = context.tag;
    reply.by = context.by;
    if (!removed.empty())
        reply.removed.push_back({0, numbers(removed).text()});
    if (!added.empty())
        reply.added.push_back({0, numbers(added).text()});
    append_esearch(dialogue.out.text(), reply, dialogue.name_form());
}

} // namespace

void tell_contexts_of_vanished(Dialogue& dialogue, const mail::UidSet& vanished)
{
    for (auto& context : dialogue.selected->contexts) {
        const auto gone = context.found.intersected(vanished);
        if (gone.empty())
            continue;
        say_change(dialogue, context, {}, gone);
        context.found = context.found.without(gone);
    }
}

Task<void> tell_contexts_of_changed(Dialogue& dialogue, mail::UidSet changed)
{
    if (changed.empty())
        co_return;
    // By index: the contexts stay as they are, but their places in memory are nobody's business.
    for (std::size_t i = 0; dialogue.selected && i < dialogue.selected->contexts.size(); ++i) {
        auto found = co_await dialogue.backend->search(
            dialogue.selected->handle,
            {.program = dialogue.selected->contexts[i].program, .among = changed});
        if (!found)
            continue;
        auto& context = dialogue.selected->contexts[i];
        const auto now =
            found->uids.intersected(changed).intersected(dialogue.selected->view.uids());
        const auto added = now.without(context.found);
        const auto removed = context.found.intersected(changed).without(now);
        if (added.empty() && removed.empty())
            continue;
        say_change(dialogue, context, added, removed);
        context.found = context.found.without(removed).united(added);
    }
}

} // namespace posthouse::imap
