// SPDX-License-Identifier: Apache-2.0
#include "imap/session/message_url.hpp"
#include "imap/session/uploads.hpp"
#include "mail/summary_fields.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace posthouse::imap {

namespace {

mail::ByteRange range_of(const mail::IndexedPart& part, Section::Text text)
{
    switch (text) {
    case Section::Text::header:
        return part.header;
    case Section::Text::text:
        return part.text;
    case Section::Text::mime:
        return part.mime;
    default:
        return part.body;
    }
}

/// Which bytes of the letter are meant; nothing: there is no such part.
Task<std::optional<mail::ByteRange>> range_meant(Dialogue& dialogue, Handle handle,
                                                 const MessageUrl& url)
{
    constexpr auto fields = static_cast<std::uint16_t>(Field::parts);
    auto page =
        co_await dialogue.backend->summaries(handle, mail::UidSet::range(url.uid, url.uid), fields);
    if (!page)
        co_return std::nullopt;
    std::string_view packed = page->packed;
    if (mail::take_varint(packed) != url.uid)
        co_return std::nullopt;
    const auto part = mail::find_part(mail::take_bytes(packed).value_or(std::string_view()),
                                      fmt::format("{}", fmt::join(url.section.part, ".")));
    const bool of_letter =
        url.section.text == Section::Text::header || url.section.text == Section::Text::text;
    if (!part || (of_letter && !part->holds_letter))
        co_return std::nullopt;
    auto range = range_of(*part, url.section.text);
    if (url.partial) {
        const auto skipped = std::min(url.partial->offset, range.length);
        range = {range.offset + skipped, std::min(url.partial->count, range.length - skipped)};
    }
    co_return range;
}

} // namespace

/// RFC 4469 §3
Task<std::optional<Reply>> Uploads::take_url(const append::Url& wanted)
{
    const auto bad = Reply::no("BADURL \"" + wanted.url + "\"", "There is no such message");
    const auto url = parse_message_url(wanted.url, dialogue_.settings.hostname);
    if (!url || (url->mailbox.empty() && !dialogue_.selected))
        co_return bad;
    const bool own = url->mailbox.empty() || url->mailbox == dialogue_.selected_name();
    auto handle = Handle();
    if (own) {
        if (url->uid_validity && *url->uid_validity != dialogue_.selected->uid_validity)
            co_return bad;
        handle = dialogue_.selected->handle;
    } else {
        auto opened = co_await dialogue_.backend->open(url->mailbox, Access::read_only);
        if (!opened)
            co_return bad;
        handle = opened->handle;
        if (url->uid_validity && *url->uid_validity != opened->uid_validity) {
            dialogue_.backend->close(handle);
            co_return bad;
        }
    }
    auto range = co_await range_meant(dialogue_, handle, *url);
    std::optional<Reply> trouble;
    if (!range)
        trouble = bad;
    while (!trouble && range->length != 0) {
        auto piece = co_await dialogue_.backend->read(
            handle, url->uid, range->offset,
            static_cast<std::uint32_t>(
                std::min<std::uint64_t>(range->length, dialogue_.settings.limits.piece_bytes)));
        if (!piece || piece->empty() || piece->size() > range->length) {
            trouble = bad;
            break;
        }
        range->offset += piece->size();
        range->length -= piece->size();
        trouble = co_await put(std::move(*piece));
    }
    if (!own)
        dialogue_.backend->close(handle);
    co_return trouble;
}

} // namespace posthouse::imap
