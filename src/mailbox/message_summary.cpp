// SPDX-License-Identifier: Apache-2.0
#include "mailbox/message_summary.hpp"

namespace posthouse::mailbox {
namespace {

using mail::IndexedPart;
using mail::MessageIndex;

void write_part(const IndexedPart& part, SummaryPart& to)
{
    to.set_section(part.section);
    to.set_type(part.type);
    to.set_charset(part.charset);
    to.set_encoding(static_cast<std::uint32_t>(part.encoding));
    to.set_mime_offset(part.mime.offset);
    to.set_mime_bytes(part.mime.length);
    to.set_body_offset(part.body.offset);
    to.set_body_bytes(part.body.length);
    to.set_holds_letter(part.holds_letter);
    to.set_header_offset(part.header.offset);
    to.set_header_bytes(part.header.length);
    to.set_text_offset(part.text.offset);
    to.set_text_bytes(part.text.length);
}

IndexedPart read_part(const SummaryPart& from)
{
    using mail::TransferEncoding;
    const bool known = from.encoding() < static_cast<std::uint32_t>(TransferEncoding::unknown);
    return {.section = from.section(),
            .type = from.type(),
            .charset = from.charset(),
            .encoding =
                known ? static_cast<TransferEncoding>(from.encoding()) : TransferEncoding::unknown,
            .mime = {.offset = from.mime_offset(), .length = from.mime_bytes()},
            .body = {.offset = from.body_offset(), .length = from.body_bytes()},
            .header = {.offset = from.header_offset(), .length = from.header_bytes()},
            .text = {.offset = from.text_offset(), .length = from.text_bytes()},
            .holds_letter = from.holds_letter()};
}

} // namespace

MessageSummary to_summary(const MessageIndex& index)
{
    MessageSummary summary;
    summary.set_bytes(index.bytes);
    summary.set_lines(index.lines);
    summary.set_header_bytes(index.header_bytes);
    summary.set_envelope(index.envelope);
    summary.set_body_structure(index.body_structure);
    summary.set_body(index.body);
    for (const auto& part : index.parts)
        write_part(part, *summary.add_parts());
    summary.set_parts_left_out(index.parts_left_out);
    summary.set_header_fields(index.header_cache.fields);
    summary.set_header_set(index.header_cache.set);
    for (const auto& name : index.header_cache.missing)
        summary.add_header_missing(name);
    if (index.preview)
        summary.set_preview(*index.preview);
    summary.set_has_attachment(index.has_attachment);
    summary.set_base_subject(index.base_subject);
    summary.set_is_reply_or_forward(index.is_reply_or_forward);
    if (index.sent)
        summary.set_sent(to_microseconds(*index.sent));
    summary.set_sent_zone_minutes(index.sent_zone_minutes);
    summary.set_from_mailbox(index.from_mailbox);
    summary.set_to_mailbox(index.to_mailbox);
    summary.set_cc_mailbox(index.cc_mailbox);
    summary.set_from_display(index.from_display);
    summary.set_to_display(index.to_display);
    summary.set_message_id(index.message_id);
    for (const auto& id : index.references)
        summary.add_references(id);
    return summary;
}

MessageIndex to_index(const MessageSummary& summary)
{
    MessageIndex index;
    index.bytes = summary.bytes();
    index.lines = summary.lines();
    index.header_bytes = summary.header_bytes();
    index.envelope = summary.envelope();
    index.body_structure = summary.body_structure();
    index.body = summary.body();
    for (const auto& part : summary.parts())
        index.parts.push_back(read_part(part));
    index.parts_left_out = summary.parts_left_out();
    index.header_cache.fields = summary.header_fields();
    index.header_cache.set = summary.header_set();
    index.header_cache.missing.assign(summary.header_missing().begin(),
                                      summary.header_missing().end());
    if (summary.has_preview())
        index.preview = summary.preview();
    index.has_attachment = summary.has_attachment();
    index.base_subject = summary.base_subject();
    index.is_reply_or_forward = summary.is_reply_or_forward();
    if (summary.has_sent())
        index.sent = from_microseconds(summary.sent());
    index.sent_zone_minutes = summary.sent_zone_minutes();
    index.from_mailbox = summary.from_mailbox();
    index.to_mailbox = summary.to_mailbox();
    index.cc_mailbox = summary.cc_mailbox();
    index.from_display = summary.from_display();
    index.to_display = summary.to_display();
    index.message_id = summary.message_id();
    index.references.assign(summary.references().begin(), summary.references().end());
    return index;
}

} // namespace posthouse::mailbox
