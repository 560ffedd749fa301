// SPDX-License-Identifier: Apache-2.0
#include "imap/index_message.hpp"

#include "base/text.hpp"
#include "imap/body_structure.hpp"
#include "imap/envelope.hpp"
#include "imap/part_table.hpp"
#include "mail/address_list.hpp"
#include "mail/base_subject.hpp"
#include "mail/date_time.hpp"
#include "mail/header_block.hpp"
#include "mail/header_text.hpp"
#include "mail/mime_contents.hpp"
#include "mail/references.hpp"

#include <algorithm>

namespace posthouse::imap {
namespace {

using mail::AddressEntry;
using mail::HeaderBlock;
using mail::HeaderCache;
using mail::IndexLimits;
using mail::MessageIndex;
using mail::MimeTree;

HeaderCache header_cache(const HeaderBlock& header, const IndexLimits& limits)
{
    HeaderCache cache;
    if (header.fields_left_out() > 0) // Nobody knows what they are.
        return cache;
    cache.set = mail::newest_cached_fields;
    const auto wanted = mail::cached_fields(cache.set);
    for (const auto& field : header.fields()) {
        const auto name =
            std::ranges::find_if(wanted, [&](std::string_view known) { return field.is(known); });
        if (name == wanted.end())
            continue;
        const bool whole_line = field.raw.ends_with('\n');
        const auto bytes = field.raw.size() + (whole_line ? 0 : 2);
        if (bytes <= limits.field_bytes &&
            cache.fields.size() + bytes <= limits.header_cache_bytes) {
            cache.fields += field.raw;
            cache.fields += whole_line ? "" : "\r\n";
        } else if (std::ranges::find(cache.missing, *name) == cache.missing.end()) {
            cache.missing.emplace_back(*name);
        }
    }
    return cache;
}

/// RFC 5256 §2.2: of a date whose time makes no sense, the day.
std::optional<mail::DateTime> sent_date(const HeaderBlock& header)
{
    const auto* const field = header.first("Date");
    if (field == nullptr)
        return std::nullopt;
    const auto value = field->value(256);
    if (auto whole = mail::parse_date_time(value))
        return whole;
    std::size_t digits = 0;
    for (std::size_t at = 0; at < value.size(); ++at) {
        digits = is_digit(value[at]) ? digits + 1 : 0;
        if (digits == 4)
            return mail::parse_date_time(value.substr(0, at + 1) + " 00:00:00 +0000");
    }
    return std::nullopt;
}

struct FirstAddress {
    std::string mailbox, display;
};

/// RFC 5256 §3, RFC 5957 §3. A group is an address whose mailbox is its name and that has no host.
FirstAddress first_address(const HeaderBlock& header, std::string_view name,
                           std::size_t value_bytes)
{
    for (const auto* field : header.all(name)) {
        const auto list = mail::parse_address_list(field->raw_value(), {.entries = 1});
        if (list.entries.empty())
            continue;
        const auto& entry = list.entries.front();
        const auto text = [&](const std::string& raw) {
            return mail::header_text(raw, value_bytes);
        };
        if (entry.kind != AddressEntry::Kind::mailbox)
            return {.mailbox = text(entry.name), .display = text(entry.name)};
        FirstAddress first{.mailbox = text(entry.local_part), .display = text(entry.name)};
        if (first.display.empty())
            first.display =
                entry.domain.empty() ? first.mailbox : text(entry.local_part + '@' + entry.domain);
        return first;
    }
    return {};
}

void index_header(const HeaderBlock& header, const IndexLimits& limits, MessageIndex& index)
{
    index.envelope = envelope_text(header);
    index.header_cache = header_cache(header, limits);
    if (const auto* const subject = header.first("Subject")) {
        auto base = mail::base_subject(
            mail::header_text(subject->raw_value().substr(0, 8192), limits.value_bytes));
        index.base_subject = std::move(base.text);
        index.is_reply_or_forward = base.is_reply_or_forward;
    }
    if (const auto date = sent_date(header)) {
        index.sent = date->at;
        index.sent_zone_minutes =
            static_cast<std::int32_t>(date->zone.value_or(std::chrono::minutes(0)).count());
    }
    auto from = first_address(header, "From", limits.value_bytes);
    auto to = first_address(header, "To", limits.value_bytes);
    index.from_mailbox = std::move(from.mailbox);
    index.from_display = std::move(from.display);
    index.to_mailbox = std::move(to.mailbox);
    index.to_display = std::move(to.display);
    index.cc_mailbox = first_address(header, "Cc", limits.value_bytes).mailbox;
    index.message_id = mail::own_message_id(header);
    index.references = mail::referred_ids(header, limits.references);
}

void index_parts(const MimeTree& tree, std::string_view letter, MessageIndex& index)
{
    index.body_structure = body_structure_text(tree, letter, BodyForm::extended);
    index.body = body_structure_text(tree, letter, BodyForm::plain);
    index.parts = part_table(tree, letter);
    index.parts_left_out = tree.truncated;
}

/// An upper bound of what a text takes when it is kept, and of a number.
std::size_t kept_bytes(std::string_view text)
{
    return text.empty() ? 0 : text.size() + 5;
}
std::size_t kept_bytes(std::uint64_t number)
{
    std::size_t bytes = number == 0 ? 0 : 2;
    for (; number > 0x7f; number >>= 7)
        ++bytes;
    return bytes;
}
std::size_t kept_bytes(const mail::ByteRange& range)
{
    return kept_bytes(range.offset) + kept_bytes(range.length);
}
std::size_t kept_bytes(const mail::IndexedPart& part)
{
    return 8 + kept_bytes(part.section) + kept_bytes(part.type) + kept_bytes(part.charset) + 4 +
           kept_bytes(part.mime) + kept_bytes(part.body) + kept_bytes(part.header) +
           kept_bytes(part.text);
}
template <class T>
std::size_t kept_bytes(const std::vector<T>& list)
{
    std::size_t bytes = 0;
    for (const auto& item : list)
        bytes += kept_bytes(item) + 3;
    return bytes;
}

std::size_t kept_bytes(const MessageIndex& index)
{
    std::size_t bytes = 80 + kept_bytes(index.parts) + kept_bytes(index.header_cache.missing) +
                        kept_bytes(index.references);
    for (const auto* text :
         {&index.envelope, &index.body_structure, &index.body, &index.header_cache.fields,
          &index.base_subject, &index.from_mailbox, &index.to_mailbox, &index.cc_mailbox,
          &index.from_display, &index.to_display, &index.message_id})
        bytes += kept_bytes(*text);
    return bytes + (index.preview ? kept_bytes(*index.preview) + 4 : 0);
}

/// Leaves out one thing after the other until the rest can be kept.
void shrink(MessageIndex& index, std::string_view letter, const IndexLimits& limits)
{
    const auto fits = [&] { return kept_bytes(index) <= limits.bytes; };
    constexpr std::size_t last_references = 8;
    if (!fits() && index.references.size() > last_references)
        index.references.erase(index.references.begin(),
                               index.references.end() - std::ptrdiff_t{last_references});
    if (!fits())
        index.preview.reset();
    if (!fits())
        index.header_cache = {};
    auto mime = limits.mime;
    for (const std::size_t parts : {200UL, 100UL, 50UL, 20UL, 5UL, 1UL}) {
        if (fits())
            return;
        mime.parts = std::min(mime.parts, parts);
        mime.parameters = {.count = 16, .value_bytes = 512};
        mime.value_bytes = 512;
        index_parts(parse_mime(letter, mime), letter, index);
        index.parts_left_out = true;
    }
}

} // namespace

MessageIndex index_message(std::string_view letter, const IndexLimits& limits)
{
    MessageIndex index;
    const auto tree = parse_mime(letter, limits.mime);
    const auto& root = tree.parts.front();
    const auto header_text = root.header.of(letter);
    const auto header = HeaderBlock::parse(
        header_text, {.bytes = limits.mime.header_bytes, .fields = limits.mime.fields});
    index.bytes = letter.size();
    index.lines = root.lines + static_cast<std::uint64_t>(std::ranges::count(header_text, '\n')) +
                  (!letter.empty() && letter.back() != '\n');
    index.header_bytes = root.header.length;
    index_header(header, limits, index);
    index_parts(tree, letter, index);
    index.preview = mail::preview(
        tree, letter, {.characters = limits.preview_characters, .bytes = limits.preview_bytes});
    index.has_attachment = mail::has_attachment(tree);
    shrink(index, letter, limits);
    return index;
}

} // namespace posthouse::imap
