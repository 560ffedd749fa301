// SPDX-License-Identifier: Apache-2.0
#include "keeper/summary_fields.hpp"

#include "imap/backend.hpp"
#include "mail/message_entry.hpp"
#include "mail/summary_fields.hpp"
#include "mailbox/message_summary.hpp"

#include <array>
#include <optional>

namespace posthouse::keeper {
namespace {

// Numbers of fields in mailbox/summary.proto that are bytes and wanted as they are.
constexpr std::uint64_t envelope = 4, body_structure = 5, body = 6, preview = 12;

/// The next field of a serialised message: its number and, of one that has a length, its bytes.
struct ProtoField {
    std::uint64_t number = 0;
    std::string_view bytes;
};
std::optional<ProtoField> take_field(std::string_view& from)
{
    const auto tag = mail::take_varint(from);
    if (!tag)
        return std::nullopt;
    ProtoField field{*tag >> 3, {}};
    switch (*tag & 7) {
    case 0:
        if (!mail::take_varint(from))
            return std::nullopt;
        return field;
    case 2: {
        const auto bytes = mail::take_bytes(from);
        if (!bytes)
            return std::nullopt;
        field.bytes = *bytes;
        return field;
    }
    case 1:
    case 5: {
        const std::size_t length = (*tag & 7) == 1 ? 8 : 4;
        if (from.size() < length)
            return std::nullopt;
        from.remove_prefix(length);
        return field;
    }
    default:
        return std::nullopt;
    }
}

bool wants(std::uint16_t fields, imap::Field field)
{
    return (fields & static_cast<std::uint16_t>(field)) != 0;
}

} // namespace

bool is_summary(std::string_view summary)
{
    bool enveloped = false;
    while (!summary.empty()) {
        const auto field = take_field(summary);
        if (!field)
            return false;
        enveloped = enveloped || (field->number == envelope && !field->bytes.empty());
    }
    return enveloped;
}

void append_summary(std::string& to, std::uint32_t uid, std::string_view summary,
                    std::uint16_t fields)
{
    using imap::Field;
    mail::append_varint(to, uid);
    std::array<std::string_view, 13> found{};
    for (auto rest = summary; !rest.empty();) {
        const auto field = take_field(rest);
        if (!field)
            break;
        if (field->number < found.size())
            found[field->number] = field->bytes;
    }
    if (wants(fields, Field::envelope))
        mail::append_bytes(to, found[envelope]);
    if (wants(fields, Field::body))
        mail::append_bytes(to, found[body]);
    if (wants(fields, Field::body_structure))
        mail::append_bytes(to, found[body_structure]);
    if (wants(fields, Field::preview))
        mail::append_bytes(to, found[preview]);
    if (fields < static_cast<std::uint16_t>(Field::header_cache))
        return;
    mailbox::MessageSummary parsed;
    mail::MessageIndex index;
    if (parsed.ParseFromArray(summary.data(), static_cast<int>(summary.size())))
        index = mailbox::to_index(parsed);
    if (wants(fields, Field::header_cache))
        mail::append_bytes(to, mail::pack_header_cache(index.header_cache));
    if (wants(fields, Field::parts))
        mail::append_bytes(to, mail::pack_parts(index.parts));
    if (wants(fields, Field::sort_keys))
        mail::append_bytes(to, mail::pack_sort_keys(mail::sort_keys_of(index)));
    if (wants(fields, Field::references))
        mail::append_bytes(to, mail::pack_references({index.message_id, index.references}));
}

} // namespace posthouse::keeper
