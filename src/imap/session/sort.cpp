// SPDX-License-Identifier: Apache-2.0
#include "imap/sort.hpp"

#include "imap/session/commands.hpp"
#include "imap/session/message_keys.hpp"
#include "imap/session/searching.hpp"

#include <utility>

namespace posthouse::imap {

namespace {

SortFacts facts_of(const MessageKeys& message, std::uint32_t number)
{
    SortFacts facts;
    facts.number = number;
    facts.arrival = from_microseconds(message.internal_date);
    if (message.keys.sent)
        facts.sent = from_microseconds(*message.keys.sent);
    facts.size = message.size;
    facts.subject = message.keys.base_subject;
    facts.from = message.keys.from_mailbox;
    facts.to = message.keys.to_mailbox;
    facts.cc = message.keys.cc_mailbox;
    facts.display_from = message.keys.from_display;
    facts.display_to = message.keys.to_display;
    facts.relevancy = 100;
    return facts;
}

} // namespace

Task<std::expected<std::vector<std::uint32_t>, Reply>>
in_order(Dialogue& dialogue, mail::UidSet uids, std::vector<command::SortKey> keys)
{
    const auto needs = needs_of(keys);
    KeysWanted wanted;
    wanted.entries = needs.arrival || needs.sent || needs.size;
    wanted.texts = needs.sent || needs.subject || needs.addresses || needs.displayed;
    auto messages = co_await read_keys(dialogue, std::move(uids), wanted);
    if (!messages)
        co_return std::unexpected(messages.error());
    std::vector<SortFacts> facts;
    facts.reserve(messages->size());
    View::Numbers numbers(dialogue.selected->view);
    for (const auto& message : *messages)
        if (numbers.of(message.uid) != 0)
            facts.push_back(facts_of(message, message.uid)); // Numbers are in the same order.
    co_return sorted(std::move(facts), keys);
}

/// RFC 5256 §3, RFC 5267 (RETURN)
Task<Reply> carry_out(Dialogue& dialogue, const command::Sort& command)
{
    const auto& search = command.search;
    auto& selected = *dialogue.selected;
    if (auto fault = tag_in_use(dialogue, search))
        co_return *fault;
    auto found = co_await find(dialogue, search);
    auto uids = std::expected<std::vector<std::uint32_t>, Reply>();
    if (found)
        uids = co_await in_order(dialogue, found->uids, command.keys);
    else
        uids = std::unexpected(found.error());
    if (!uids) {
        if (search.want && search.want->save && uids.error().kind == Reply::Kind::no)
            selected.saved.clear(); // RFC 5182 §2.1
        co_return uids.error();
    }
    const auto order = search.by == Numbering::uid ? *uids : selected.view.numbers_in_order(*uids);
    if (!search.want) {
        append_sort_response(dialogue.out.text(), order, found->highest_modseq);
        co_return Reply::ok();
    }
    const auto returned = saved_of_sorted(*search.want, *uids);
    if (search.want->save)
        selected.saved = returned;
    const auto modseq = co_await modseq_of(dialogue, selected.handle, *found, returned);
    if (tells(*search.want)) {
        auto reply = esearch_reply(*search.want, order);
        add_relevancy(reply, *search.want, order.size());
        say_esearch(dialogue, std::move(reply), search, modseq);
    }
    if (search.want->update)
        if (auto* context = keep_context(dialogue, search, found->uids)) {
            context->keys = command.keys;
            context->order = std::move(*uids);
        }
    co_return Reply::ok();
}

} // namespace posthouse::imap
