// SPDX-License-Identifier: Apache-2.0
#include "imap/session/searching.hpp"

#include "imap/search_wire.hpp"
#include "imap/session/numbers.hpp"

#include <fmt/format.h>

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

Task<std::expected<Found, Reply>> find(Dialogue& dialogue, const SearchKey& key,
                                       std::string charset)
{
    auto& selected = *dialogue.selected;
    if (mentions_modseq(key))
        dialogue.enabled.condstore = true; // RFC 7162 §3.1
    SearchProgram program{std::move(charset), by_uids(key, selected)};
    if (auto all = known_at_once(program.key, selected.view.uids()))
        co_return Found{.uids = std::move(*all)};
    auto found = co_await dialogue.backend->search(
        selected.handle, {.program = pack_program(program), .among = std::nullopt});
    if (!found)
        co_return std::unexpected(reply_to(found.error()));
    // What came meanwhile the client does not know yet.
    found->uids = found->uids.intersected(selected.view.uids());
    co_return std::move(*found);
}

mail::UidSet cut(const mail::UidSet& all, const command::PartialRange& range)
{
    const auto magnitude = [](std::int64_t n) {
        return static_cast<std::uint64_t>(n < 0 ? -n : n);
    };
    auto first = magnitude(range.first), last = magnitude(range.last);
    if (first > last)
        std::swap(first, last);
    if (range.first > 0)
        return first_of(all, last).without(first_of(all, first - 1));
    return last_of(all, last).without(last_of(all, first - 1));
}

void say_esearch(Dialogue& dialogue, const EsearchResult& result)
{
    auto& to = dialogue.out.text();
    to += fmt::format("* ESEARCH (TAG \"{}\")", result.tag);
    if (result.by == Numbering::uid)
        to += " UID";
    const auto& numbers = result.numbers;
    const auto& want = result.want;
    if (want.min && !numbers.empty())
        to += fmt::format(" MIN {}", numbers.smallest());
    if (want.max && !numbers.empty())
        to += fmt::format(" MAX {}", numbers.largest());
    if (want.count)
        to += fmt::format(" COUNT {}", numbers.size());
    if (want.all && !numbers.empty())
        to += " ALL " + numbers.text();
    if (want.partial) {
        const auto some = cut(numbers, *want.partial);
        to += fmt::format(" PARTIAL ({}:{} {})", want.partial->first, want.partial->last,
                          some.empty() ? "NIL" : some.text());
    }
    if (result.highest_modseq != 0 && !numbers.empty())
        to += fmt::format(" MODSEQ {}", result.highest_modseq);
    to += "\r\n";
}

} // namespace posthouse::imap
