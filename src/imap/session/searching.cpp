// SPDX-License-Identifier: Apache-2.0
#include "imap/session/searching.hpp"

#include "imap/search_wire.hpp"
#include "imap/session/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace posthouse::imap {

namespace {

search::Uids uids_key(const mail::UidSet& uids)
{
    search::Uids key;
    for (const auto& range : uids.ranges())
        key.set.ranges.push_back({range.first, range.last});
    return key;
}

/// One node that names messages in a way that only the session knows.
void resolve(SearchKey& key, const Selected& selected)
{
    const auto& view = selected.view;
    if (const auto* messages = std::get_if<search::Messages>(&key.is)) {
        key.is = uids_key(messages->set.saved_result
                              ? selected.saved.intersected(view.uids())
                              : view.uids_of(messages->set.resolved(view.exists())));
    } else if (const auto* uids = std::get_if<search::Uids>(&key.is)) {
        key.is = uids_key(uids->set.saved_result
                              ? selected.saved.intersected(view.uids())
                              : uids->set.resolved(view.largest_uid()).intersected(view.uids()));
    } else if (std::holds_alternative<search::Recent>(key.is)) {
        mail::UidSet recent;
        if (view.recent() != 0)
            recent = last_of(view.uids(), view.recent());
        key.is = uids_key(recent);
    }
}

/// What it found and how new that is, where the client asked for mod-sequences: RFC 7162 §3.1.5.
Found told_of(Found found, const SearchKey& program)
{
    if (!mentions_modseq(program))
        found.highest_modseq = 0;
    return found;
}

} // namespace

std::optional<Reply> fault_in(const Dialogue& dialogue, const SearchKey& program)
{
    if (dialogue.enabled.uidonly && mentions_numbers(program)) // RFC 9586 §3.3
        return Reply::bad("Message numbers are not allowed once UIDONLY is enabled", "UIDREQUIRED");
    return std::nullopt;
}

namespace {

/// Asks the backend for a part of the mailbox at a time, so that what takes long can be told of:
/// RFC 9585 §3.
Task<Result<Found>> search_in_turns(Dialogue& dialogue, std::string program)
{
    const auto all = dialogue.selected->view.uids();
    const auto total = all.size();
    const auto& limits = dialogue.settings.limits;
    if (total <= limits.searched_messages)
        co_return co_await dialogue.backend->search(
            dialogue.selected->handle, {.program = std::move(program), .among = std::nullopt});
    Found found;
    auto told = dialogue.channel.now();
    std::uint64_t done = 0;
    for (auto left = all; !left.empty() && !dialogue.out.gone();) {
        auto some = first_of(left, limits.searched_messages);
        left = left.without(some);
        done += some.size();
        auto more = co_await dialogue.backend->search(
            dialogue.selected->handle, {.program = program, .among = std::move(some)});
        if (!more)
            co_return more;
        found.uids = found.uids.united(more->uids);
        found.highest_modseq = std::max(found.highest_modseq, more->highest_modseq);
        found.incomplete |= more->incomplete;
        if (left.empty() || dialogue.channel.now() < told + limits.progress)
            continue;
        told = dialogue.channel.now();
        dialogue.say(
            fmt::format("OK [INPROGRESS (\"{}\" {} {})] Searching", dialogue.tag, done, total));
        co_await dialogue.out.pass();
    }
    co_return found;
}

} // namespace

SearchKey by_uids(const SearchKey& key, const Selected& selected)
{
    auto program = key;
    for_each_key(program, [&](SearchKey& node) { resolve(node, selected); });
    return program;
}

std::optional<mail::UidSet> known_at_once(const SearchKey& key, const mail::UidSet& all)
{
    if (std::holds_alternative<search::All>(key.is))
        return all;
    if (const auto* uids = std::get_if<search::Uids>(&key.is))
        return uids->set.resolved(std::numeric_limits<std::uint32_t>::max()).intersected(all);
    if (const auto* conjunction = std::get_if<search::And>(&key.is)) {
        auto together = all;
        for (const auto& part : conjunction->keys) {
            auto some = known_at_once(part, together);
            if (!some)
                return std::nullopt;
            together = std::move(*some);
        }
        return together;
    }
    if (const auto* negation = std::get_if<search::Not>(&key.is)) {
        if (auto some = known_at_once(negation->keys.front(), all))
            return all.without(*some);
    }
    return std::nullopt;
}

Task<std::expected<Found, Reply>> find(Dialogue& dialogue, const command::Search& command)
{
    auto& selected = *dialogue.selected;
    if (auto fault = fault_in(dialogue, command.program))
        co_return std::unexpected(std::move(*fault));
    if (mentions_modseq(command.program))
        dialogue.follow_modseqs();
    SearchProgram program{command.charset, by_uids(command.program, selected)};
    if (auto all = known_at_once(program.key, selected.view.uids())) {
        Found found;
        found.uids = std::move(*all);
        co_return found;
    }
    auto found = co_await search_in_turns(dialogue, pack_program(program));
    if (!found)
        co_return std::unexpected(reply_to(found.error()));
    // What came meanwhile the client does not know yet.
    found->uids = found->uids.intersected(selected.view.uids());
    co_return told_of(std::move(*found), command.program);
}

Task<std::uint64_t> modseq_of(Dialogue& dialogue, Handle handle, const Found& found,
                              mail::UidSet returned)
{
    if (found.highest_modseq == 0 || returned.empty() || returned == found.uids)
        co_return returned.empty() ? 0 : found.highest_modseq;
    constexpr auto fields = static_cast<std::uint8_t>(mail::EntryField::modseq);
    const auto packed = co_await dialogue.backend->entries(handle, std::move(returned), fields);
    std::uint64_t highest = 0;
    if (packed)
        for (mail::EntryUnpacker entries(fields, *packed); const auto entry = entries.next();)
            highest = std::max(highest, entry->modseq);
    co_return highest == 0 ? found.highest_modseq : highest;
}

bool tells(const command::SearchReturn& want)
{
    return want.min || want.max || want.all || want.count || want.partial || !want.save;
}

void add_relevancy(EsearchReply& reply, const command::SearchReturn& want, std::uint64_t found)
{
    if (want.relevancy && !want.partial)
        reply.relevancy.assign(static_cast<std::size_t>(found), 100);
}

void say_esearch(Dialogue& dialogue, EsearchReply reply, const command::Search& command,
                 std::uint64_t modseq)
{
    reply.tag = dialogue.tag;
    reply.by = command.by;
    if (modseq != 0)
        reply.mod_seq = modseq;
    append_esearch(dialogue.out.text(), reply, dialogue.name_form());
}

std::optional<Reply> tag_in_use(const Dialogue& dialogue, const command::Search& command)
{
    if (!command.want || !command.want->update || !dialogue.selected)
        return std::nullopt;
    const auto& contexts = dialogue.selected->contexts;
    if (std::ranges::find(contexts, dialogue.tag, &Context::tag) == contexts.end())
        return std::nullopt;
    return Reply::bad("The tag is in use by a search that is kept up to date");
}

Context* keep_context(Dialogue& dialogue, const command::Search& command, const mail::UidSet& uids)
{
    auto& contexts = dialogue.selected->contexts;
    if (contexts.size() >= dialogue.settings.limits.contexts) {
        dialogue.say(fmt::format("NO [NOUPDATE \"{}\"] Too many contexts", dialogue.tag));
        return nullptr;
    }
    // Sets of messages mean what they meant when they were said (RFC 5267 §4.3); messages that
    // come later are in none.
    contexts.push_back(
        {dialogue.tag, command.by,
         pack_program({command.charset, by_uids(command.program, *dialogue.selected)}), uids,
         command.want ? command.want->update_items : std::vector<FetchItem>()});
    return &contexts.back();
}

} // namespace posthouse::imap
