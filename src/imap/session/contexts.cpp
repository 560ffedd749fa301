// SPDX-License-Identifier: Apache-2.0
#include "imap/session/contexts.hpp"

#include "imap/search_reply.hpp"
#include "imap/session/notify.hpp"
#include "imap/session/searching.hpp"

#include <fmt/format.h>

#include <algorithm>

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

/// What is left of a sorted result, and each that goes, from its place when its turn comes.
void say_removed_in_order(Dialogue& dialogue, Context& context, const mail::UidSet& gone)
{
    std::vector<std::uint32_t> left, going;
    std::vector<std::uint32_t> places;
    for (const auto uid : context.order) {
        if (!gone.contains(uid)) {
            left.push_back(uid);
            continue;
        }
        going.push_back(uid);
        places.push_back(static_cast<std::uint32_t>(left.size() + 1));
    }
    const auto numbers =
        context.by == Numbering::uid ? going : dialogue.selected->view.numbers_in_order(going);
    EsearchReply reply;
    reply.tag = context.tag;
    reply.by = context.by;
    for (std::size_t i = 0; i < going.size(); ++i)
        reply.removed.push_back({places[i], std::to_string(numbers[i])});
    append_esearch(dialogue.out.text(), reply, dialogue.name_form());
    context.order = std::move(left);
}

/// What has vanished and is not told yet is still in the client's list, and counts.
std::vector<std::uint32_t> with_untold(const std::vector<std::uint32_t>& now,
                                       const std::vector<std::uint32_t>& before)
{
    auto there = now;
    std::ranges::sort(there);
    std::vector<std::uint32_t> all;
    auto next = now.begin();
    for (const auto uid : before) {
        if (std::ranges::binary_search(there, uid))
            while (next != now.end() && (all.empty() || all.back() != uid))
                all.push_back(*next++);
        else
            all.push_back(uid);
    }
    all.insert(all.end(), next, now.end());
    return all;
}

/// Puts what is new to a sorted result into its places: RFC 5267 §4.3.3. The others stay in their
/// order, since what they are sorted by never changes.
Task<bool> say_added_in_order(Dialogue& dialogue, std::size_t which, mail::UidSet added)
{
    auto& before = dialogue.selected->contexts[which];
    auto order = co_await in_order(dialogue, before.found.united(added), before.keys);
    if (!order)
        co_return false;
    auto& context = dialogue.selected->contexts[which];
    order = with_untold(*order, context.order);
    const auto numbers =
        context.by == Numbering::uid ? *order : dialogue.selected->view.numbers_in_order(*order);
    EsearchReply reply;
    reply.tag = context.tag;
    reply.by = context.by;
    for (std::size_t i = 0; i < order->size(); ++i)
        if (added.contains((*order)[i]))
            reply.added.push_back({static_cast<std::uint32_t>(i + 1), std::to_string(numbers[i])});
    append_esearch(dialogue.out.text(), reply, dialogue.name_form());
    context.order = std::move(*order);
    co_return true;
}

} // namespace

void tell_contexts_of_vanished(Dialogue& dialogue, const mail::UidSet& vanished)
{
    for (auto& context : dialogue.selected->contexts) {
        const auto gone = context.found.intersected(vanished);
        if (gone.empty())
            continue;
        if (context.keys.empty())
            say_change(dialogue, context, {}, gone);
        else
            say_removed_in_order(dialogue, context, gone);
        context.found = context.found.without(gone);
    }
}

Task<void> tell_contexts_of_changed(Dialogue& dialogue, mail::UidSet changed, mail::UidSet arrived)
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
        if (auto fresh = added.intersected(arrived); !context.items.empty() && !fresh.empty())
            co_await send_items(dialogue, context.items, std::move(fresh));
        if (context.keys.empty()) {
            say_change(dialogue, context, added, removed);
        } else {
            if (!removed.empty())
                say_removed_in_order(dialogue, context, removed);
            context.found = context.found.without(removed);
            if (!added.empty() && !co_await say_added_in_order(dialogue, i, added)) {
                // Too many to be sorted, or not to be read now.
                auto& contexts = dialogue.selected->contexts;
                dialogue.say(
                    fmt::format("NO [NOUPDATE \"{}\"] No longer kept up to date", contexts[i].tag));
                contexts.erase(contexts.begin() + static_cast<std::ptrdiff_t>(i--));
                continue;
            }
        }
        auto& told = dialogue.selected->contexts[i];
        told.found = told.found.without(removed).united(added);
    }
}

} // namespace posthouse::imap
