// SPDX-License-Identifier: Apache-2.0
#include "imap/thread.hpp"

#include "imap/session/commands.hpp"
#include "imap/session/message_keys.hpp"
#include "imap/session/searching.hpp"

#include <utility>

namespace posthouse::imap {

/// RFC 5256 §3
Task<Reply> carry_out(Dialogue& dialogue, const command::Thread& command)
{
    auto found = co_await find(dialogue, command.search);
    if (!found)
        co_return found.error();
    const bool by_references = command.algorithm == command::ThreadAlgorithm::references;
    auto messages = co_await read_keys(dialogue, found->uids,
                                       {.entries = true, .texts = true, .links = by_references});
    if (!messages)
        co_return messages.error();
    std::vector<ThreadFacts> facts;
    facts.reserve(messages->size());
    View::Numbers numbers(dialogue.selected->view);
    for (const auto& message : *messages) {
        const auto number = numbers.of(message.uid);
        if (number == 0)
            continue;
        ThreadFacts fact;
        fact.number = command.search.by == Numbering::uid ? message.uid : number;
        fact.sent = from_microseconds(message.keys.sent.value_or(message.internal_date));
        fact.subject = message.keys.base_subject;
        fact.is_reply = message.keys.is_reply_or_forward;
        fact.message_id = message.links.message_id;
        fact.references = message.links.references;
        facts.push_back(fact);
    }
    append_thread_response(dialogue.out.text(), by_references ? threads_by_references(facts)
                                                              : threads_by_subject(facts));
    co_return Reply::ok();
}

} // namespace posthouse::imap
