// SPDX-License-Identifier: Apache-2.0
#include "imap/search_reply.hpp"

#include "imap/response_text.hpp"

#include <algorithm>
#include <cstdlib>

namespace posthouse::imap {

namespace {

void append_mod_seq(std::string& to, std::uint64_t mod_seq)
{
    if (mod_seq != 0)
        to += " (MODSEQ " + std::to_string(mod_seq) + ")";
}

/// The members with so many before them.
mail::UidSet slice(const mail::UidSet& set, std::pair<std::uint64_t, std::uint64_t> indices)
{
    mail::UidSet result;
    std::uint64_t before = 0;
    for (const auto& range : set.ranges()) {
        const auto count = std::uint64_t{range.last} - range.first + 1;
        const auto from = std::max(indices.first, before);
        const auto to = std::min(indices.second, before + count);
        if (from < to)
            result.add(range.first + static_cast<std::uint32_t>(from - before),
                       range.first + static_cast<std::uint32_t>(to - before - 1));
        before += count;
    }
    return result;
}

void append_changes(std::string& to, std::string_view word,
                    const std::vector<ContextChange>& changes)
{
    if (changes.empty())
        return;
    to += ' ';
    to += word;
    char before = '(';
    to += ' ';
    for (const auto& change : changes) {
        to += before;
        before = ' ';
        to += std::to_string(change.position) + " " + change.numbers;
    }
    to += ')';
}

} // namespace

void append_search_response(std::string& to, const mail::UidSet& found, std::uint64_t mod_seq)
{
    to += "* SEARCH";
    for (const auto number : found) {
        to += ' ';
        to += std::to_string(number);
    }
    append_mod_seq(to, found.empty() ? 0 : mod_seq);
    to += "\r\n";
}

void append_sort_response(std::string& to, std::span<const std::uint32_t> sorted,
                          std::uint64_t mod_seq)
{
    to += "* SORT";
    for (const auto number : sorted) {
        to += ' ';
        to += std::to_string(number);
    }
    append_mod_seq(to, sorted.empty() ? 0 : mod_seq);
    to += "\r\n";
}

std::string ordered_set_text(std::span<const std::uint32_t> numbers)
{
    std::string text;
    for (std::size_t at = 0; at < numbers.size();) {
        auto end = at + 1;
        while (end < numbers.size() && numbers[end - 1] + 1 == numbers[end])
            ++end;
        if (!text.empty())
            text += ',';
        text += std::to_string(numbers[at]);
        if (end - at > 1)
            text += ":" + std::to_string(numbers[end - 1]);
        at = end;
    }
    return text;
}

std::pair<std::uint64_t, std::uint64_t> partial_span(const command::PartialRange& range,
                                                     std::uint64_t results)
{
    const auto near =
        static_cast<std::uint64_t>(std::min(std::abs(range.first), std::abs(range.last)));
    const auto far =
        static_cast<std::uint64_t>(std::max(std::abs(range.first), std::abs(range.last)));
    if (near > results)
        return {0, 0};
    if (range.first > 0)
        return {near - 1, std::min(far, results)};
    return {results - std::min(far, results), results - near + 1};
}

void append_esearch(std::string& to, const EsearchReply& reply, NameForm form)
{
    to += "* ESEARCH (TAG ";
    response::append_string(to, reply.tag, NameForm::modified_utf7);
    if (const auto& of = reply.mailbox_and_uid_validity) {
        to += " MAILBOX ";
        response::append_mailbox(to, of->first.text, form);
        to += " UIDVALIDITY " + std::to_string(of->second);
    }
    to += ')';
    if (reply.by == Numbering::uid)
        to += " UID";
    if (reply.min)
        to += " MIN " + std::to_string(*reply.min);
    if (reply.max)
        to += " MAX " + std::to_string(*reply.max);
    if (reply.count)
        to += " COUNT " + std::to_string(*reply.count);
    if (!reply.all.empty())
        to += " ALL " + reply.all;
    if (const auto& partial = reply.partial)
        to += " PARTIAL (" + std::to_string(partial->first.first) + ":" +
              std::to_string(partial->first.last) + " " +
              (partial->second.empty() ? "NIL" : partial->second) + ")";
    if (!reply.relevancy.empty()) {
        char before = '(';
        to += " RELEVANCY ";
        for (const auto score : reply.relevancy) {
            to += before + std::to_string(score);
            before = ' ';
        }
        to += ')';
    }
    if (reply.mod_seq)
        to += " MODSEQ " + std::to_string(*reply.mod_seq);
    append_changes(to, "ADDTO", reply.added);
    append_changes(to, "REMOVEFROM", reply.removed);
    to += "\r\n";
}

EsearchReply esearch_reply(const command::SearchReturn& want, const mail::UidSet& found)
{
    EsearchReply reply;
    if (want.count)
        reply.count = found.size();
    if (want.partial)
        reply.partial.emplace(*want.partial,
                              slice(found, partial_span(*want.partial, found.size())).text());
    if (found.empty())
        return reply;
    if (want.min)
        reply.min = found.smallest();
    if (want.max)
        reply.max = found.largest();
    if (want.all)
        reply.all = found.text();
    return reply;
}

EsearchReply esearch_reply(const command::SearchReturn& want, std::span<const std::uint32_t> sorted)
{
    EsearchReply reply;
    if (want.count)
        reply.count = sorted.size();
    if (want.partial) {
        const auto [from, to] = partial_span(*want.partial, sorted.size());
        reply.partial.emplace(*want.partial, ordered_set_text(sorted.subspan(from, to - from)));
    }
    if (sorted.empty())
        return reply;
    if (want.min)
        reply.min = sorted.front();
    if (want.max)
        reply.max = sorted.back();
    if (want.all)
        reply.all = ordered_set_text(sorted);
    return reply;
}

/// Is all that was found meant, and not some of it?
static bool saves_all(const command::SearchReturn& want)
{
    return want.all || want.count || !(want.min || want.max || want.partial);
}

mail::UidSet saved_of_sorted(const command::SearchReturn& want,
                             std::span<const std::uint32_t> sorted)
{
    auto some = sorted;
    if (!saves_all(want)) {
        some = {};
        if (want.partial) {
            const auto [from, to] = partial_span(*want.partial, sorted.size());
            some = sorted.subspan(from, to - from);
        }
    }
    std::vector<std::uint32_t> uids(some.begin(), some.end());
    if (!sorted.empty() && !saves_all(want)) {
        if (want.min)
            uids.push_back(sorted.front());
        if (want.max)
            uids.push_back(sorted.back());
    }
    std::ranges::sort(uids); // So that each is added in constant time.
    mail::UidSet saved;
    for (const auto uid : uids)
        saved.add(uid);
    return saved;
}

mail::UidSet saved_by(const command::SearchReturn& want, const mail::UidSet& found)
{
    if (found.empty() || saves_all(want))
        return found;
    mail::UidSet saved;
    if (want.partial)
        saved = slice(found, partial_span(*want.partial, found.size()));
    if (want.min)
        saved.add(found.smallest());
    if (want.max)
        saved.add(found.largest());
    return saved;
}

} // namespace posthouse::imap
