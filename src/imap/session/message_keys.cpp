// SPDX-License-Identifier: Apache-2.0
#include "imap/session/message_keys.hpp"

#include "imap/session/numbers.hpp"
#include "mail/fold.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::imap {

namespace {

void fold_texts(mail::SortKeys& keys)
{
    for (auto* text : {&keys.base_subject, &keys.from_mailbox, &keys.to_mailbox, &keys.cc_mailbox,
                       &keys.from_display, &keys.to_display})
        if (!text->empty())
            *text = mail::fold(*text);
}

Task<Result<void>> read_entries(Dialogue& dialogue, const mail::UidSet& uids,
                                std::vector<MessageKeys>& all)
{
    constexpr auto fields =
        static_cast<std::uint8_t>(static_cast<unsigned>(mail::EntryField::size) |
                                  static_cast<unsigned>(mail::EntryField::dates));
    auto message = all.begin();
    for (auto left = uids; !left.empty();) {
        auto page = first_of(left, dialogue.settings.limits.page_messages);
        left = left.without(page);
        auto packed =
            co_await dialogue.backend->entries(dialogue.selected->handle, std::move(page), fields);
        if (!packed)
            co_return std::unexpected(packed.error());
        mail::EntryUnpacker entries(fields, *packed);
        while (const auto entry = entries.next()) {
            while (message != all.end() && message->uid < entry->uid)
                ++message;
            if (message == all.end() || message->uid != entry->uid)
                continue;
            message->internal_date = entry->internal_date;
            message->size = entry->size;
        }
    }
    co_return Result<void>();
}

/// A page of summaries: the keys, the links, or both.
void take_summaries(std::string_view packed, KeysWanted wanted,
                    std::vector<MessageKeys>::iterator& message,
                    std::vector<MessageKeys>::iterator end)
{
    while (!packed.empty()) {
        const auto uid = mail::take_varint(packed);
        const auto keys = wanted.texts ? mail::take_bytes(packed) : std::string_view();
        const auto links = wanted.links ? mail::take_bytes(packed) : std::string_view();
        if (!uid || !keys || !links)
            return;
        while (message != end && message->uid < *uid)
            ++message;
        if (message == end || message->uid != *uid)
            continue;
        if (wanted.texts) {
            message->keys = mail::unpack_sort_keys(*keys).value_or(mail::SortKeys());
            fold_texts(message->keys);
        }
        if (wanted.links)
            message->links = mail::unpack_references(*links).value_or(mail::ThreadLinks());
    }
}

} // namespace

Task<std::expected<std::vector<MessageKeys>, Reply>> read_keys(Dialogue& dialogue,
                                                               mail::UidSet uids, KeysWanted wanted)
{
    if (uids.size() > dialogue.settings.limits.sorted_messages)
        co_return std::unexpected(Reply::no("LIMIT", "Too many messages to be sorted"));
    std::vector<MessageKeys> all;
    all.reserve(static_cast<std::size_t>(uids.size()));
    for (const auto uid : uids)
        all.emplace_back().uid = uid;
    if (wanted.entries)
        if (auto read = co_await read_entries(dialogue, uids, all); !read)
            co_return std::unexpected(reply_to(read.error()));
    if (!wanted.texts && !wanted.links)
        co_return all;
    const auto fields =
        static_cast<std::uint16_t>((wanted.texts ? static_cast<unsigned>(Field::sort_keys) : 0U) |
                                   (wanted.links ? static_cast<unsigned>(Field::references) : 0U));
    auto message = all.begin();
    for (auto left = std::move(uids); !left.empty();) {
        auto page = co_await dialogue.backend->summaries(dialogue.selected->handle, left, fields);
        if (!page)
            co_return std::unexpected(reply_to(page.error()));
        take_summaries(page->packed, wanted, message, all.end());
        if (!page->more || page->last < left.smallest())
            break;
        left.remove(1, page->last);
    }
    co_return all;
}

} // namespace posthouse::imap
