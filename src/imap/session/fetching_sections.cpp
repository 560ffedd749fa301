// SPDX-License-Identifier: Apache-2.0
#include "imap/session/fetching.hpp"
#include "imap/session/header_filter.hpp"
#include "imap/session/numbers.hpp"
#include "mail/summary_fields.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::imap {

namespace {

/// Of a large literal the pieces are sent on as they are; small ones are gathered.
constexpr std::uint64_t gathered_bytes = 16 * 1024;

mail::ByteRange range_of(const mail::IndexedPart& part, Section::Text text)
{
    switch (text) {
    case Section::Text::all:
        return part.body;
    case Section::Text::mime:
        return part.mime;
    case Section::Text::text:
        return part.text;
    case Section::Text::header:
    case Section::Text::header_fields:
    case Section::Text::header_fields_not:
        break;
    }
    return part.header;
}

mail::ByteRange clipped(mail::ByteRange range, const std::optional<PartialBytes>& partial)
{
    if (!partial)
        return range;
    const auto skipped = std::min(partial->offset, range.length);
    return {range.offset + skipped, std::min(partial->count, range.length - skipped)};
}

} // namespace

Task<Result<std::optional<mail::IndexedPart>>> Fetching::part_of(const FetchPlan::Step& step,
                                                                 std::uint32_t uid)
{
    std::string own;
    std::string_view packed;
    if (plan_.needs(Field::parts)) {
        packed = summary_field(Field::parts);
    } else { // The header cache had not what is wanted, for once.
        auto page = co_await dialogue_.backend->summaries(dialogue_.selected->handle,
                                                          mail::UidSet::range(uid, uid),
                                                          static_cast<std::uint16_t>(Field::parts));
        if (!page)
            co_return std::unexpected(page.error());
        own = std::move(page->packed);
        packed = own;
        if (mail::take_varint(packed) != uid)
            co_return std::unexpected(Trouble::gone);
        packed = mail::take_bytes(packed).value_or(std::string_view());
    }
    if (packed.empty())
        co_return std::unexpected(Trouble::damaged);
    auto part = mail::find_part(packed, step.section);
    const bool of_letter = step.item.section.text != Section::Text::all &&
                           step.item.section.text != Section::Text::mime;
    if (part && of_letter && !part->holds_letter)
        part.reset(); // BODY[1.HEADER] of a part that is no letter
    co_return part;
}

Task<std::optional<Trouble>> Fetching::append_section(const FetchPlan::Step& step,
                                                      const mail::MessageEntry& entry,
                                                      LetterReader& letter)
{
    using Kind = FetchItem::Kind;
    switch (step.item.kind) {
    case Kind::rfc822:
    case Kind::rfc822_header:
    case Kind::rfc822_text:
    case Kind::body_section:
        break;
    case Kind::binary:
    case Kind::binary_size:
        co_return co_await append_binary(step, entry, letter);
    default:
        co_return Trouble::damaged; // A summary without what was wanted
    }
    const auto& section = step.item.section;
    if (section.text == Section::Text::header_fields ||
        section.text == Section::Text::header_fields_not)
        co_return co_await append_fields(step, entry, letter);
    mail::ByteRange range{0, entry.size};
    if (!section.part.empty() || section.text != Section::Text::all) {
        auto part = co_await part_of(step, entry.uid);
        if (!part)
            co_return part.error();
        if (!*part) {
            dialogue_.out << step.label << "NIL";
            co_return std::nullopt;
        }
        range = range_of(**part, section.text);
    }
    co_return co_await append_bytes_of(step, clipped(range, step.item.partial), letter);
}

Task<std::optional<Trouble>> Fetching::append_bytes_of(const FetchPlan::Step& step,
                                                       mail::ByteRange range, LetterReader& letter)
{
    auto& out = dialogue_.out;
    // The first piece is there before its literal is announced: what cannot be read is not begun.
    std::string_view piece;
    if (range.length != 0) {
        auto read = co_await letter.read(range.offset, range.length);
        if (!read)
            co_return read.error();
        piece = *read;
        // Letters that fit a piece are whole, or they are damaged.
        if (piece.size() < range.length && range.length <= dialogue_.settings.limits.piece_bytes)
            co_return Trouble::damaged;
    }
    out << step.label << "{";
    append_number(out.text(), range.length);
    out << "}\r\n";
    while (range.length != 0) {
        range.offset += piece.size();
        range.length -= piece.size();
        if (piece.size() <= gathered_bytes) {
            out << piece;
        } else {
            passed_ = true;
            if (range.length != 0)
                co_await letter.expect(range.offset, range.length);
            const auto whole = piece;
            auto owned = letter.take_piece();
            if (owned.size() != whole.size())
                owned = std::string(whole); // A part of what was kept; see LetterReader
            co_await out.pass(std::move(owned));
        }
        if (out.gone() || range.length == 0)
            break;
        auto read = co_await letter.read(range.offset, range.length);
        if (!read)
            co_return read.error();
        piece = *read;
    }
    co_return std::nullopt;
}

Task<std::optional<Trouble>> Fetching::append_fields(const FetchPlan::Step& step,
                                                     const mail::MessageEntry& entry,
                                                     LetterReader& letter)
{
    const auto& section = step.item.section;
    const auto keep = section.text == Section::Text::header_fields ? Keep::those : Keep::others;
    std::string fields;
    const auto finish = [&] {
        auto wanted = std::string_view(fields);
        const auto range = clipped({0, wanted.size()}, step.item.partial);
        dialogue_.out << step.label;
        response::append_literal(dialogue_.out.text(),
                                 wanted.substr(static_cast<std::size_t>(range.offset),
                                               static_cast<std::size_t>(range.length)));
    };
    if (plan_.needs(Field::header_cache) && section.part.empty() && keep == Keep::those) {
        const auto cache = mail::unpack_header_cache(summary_field(Field::header_cache));
        if (cache && std::ranges::all_of(step.fields, [&](const std::string& name) {
                return cache->covers(name);
            })) {
            filter_header(fields, cache->fields, step.fields, keep);
            finish();
            co_return std::nullopt;
        }
    }
    auto part = co_await part_of(step, entry.uid);
    if (!part)
        co_return part.error();
    if (!*part) {
        dialogue_.out << step.label << "NIL";
        co_return std::nullopt;
    }
    auto range = (*part)->header;
    range.length = std::min<std::uint64_t>(range.length, dialogue_.settings.limits.header_bytes);
    std::string header;
    while (range.length != 0) {
        auto read = co_await letter.read(range.offset, range.length);
        if (!read)
            co_return read.error();
        header += *read;
        range.offset += read->size();
        range.length -= read->size();
    }
    filter_header(fields, header, step.fields, keep);
    finish();
    co_return std::nullopt;
}

} // namespace posthouse::imap
