// SPDX-License-Identifier: Apache-2.0
#include "mail/summary_fields.hpp"

#include "mail/message_entry.hpp"

#include <utility>

namespace posthouse::mail {

namespace {

void append_range(std::string& to, const ByteRange& range)
{
    append_varint(to, range.offset);
    append_varint(to, range.length);
}

/// Reads one thing after the other; the first that is not there spoils all.
class Taker {
public:
    explicit Taker(std::string_view packed) : packed_(packed) {}

    std::uint64_t number()
    {
        const auto taken = take_varint(packed_);
        if (!taken)
            good_ = false;
        return taken.value_or(0);
    }
    std::string_view bytes()
    {
        const auto taken = take_bytes(packed_);
        if (!taken)
            good_ = false;
        return taken.value_or(std::string_view());
    }
    ByteRange range()
    {
        const auto offset = number();
        return {offset, number()};
    }
    bool good() const { return good_; }
    bool at_end() const { return packed_.empty(); }
    std::size_t left() const { return packed_.size(); }

private:
    std::string_view packed_;
    bool good_ = true;
};

enum PartBits : std::uint64_t { holds_letter = 1 };

/// What of a part is behind its section.
IndexedPart take_part(Taker& taker)
{
    IndexedPart part;
    part.type = taker.bytes();
    part.charset = taker.bytes();
    const auto encoding = taker.number();
    part.encoding = encoding <= static_cast<std::uint64_t>(TransferEncoding::unknown)
                        ? static_cast<TransferEncoding>(encoding)
                        : TransferEncoding::unknown;
    part.holds_letter = taker.number() & PartBits::holds_letter;
    part.mime = taker.range();
    part.body = taker.range();
    if (part.holds_letter) {
        part.header = taker.range();
        part.text = taker.range();
    }
    return part;
}

} // namespace

std::string pack_parts(std::span<const IndexedPart> parts)
{
    std::string packed;
    for (const auto& part : parts) {
        append_bytes(packed, part.section);
        std::string rest;
        append_bytes(rest, part.type);
        append_bytes(rest, part.charset);
        append_varint(rest, static_cast<std::uint64_t>(part.encoding));
        append_varint(rest, part.holds_letter ? PartBits::holds_letter : 0);
        append_range(rest, part.mime);
        append_range(rest, part.body);
        if (part.holds_letter) {
            append_range(rest, part.header);
            append_range(rest, part.text);
        }
        append_bytes(packed, rest);
    }
    return packed;
}

std::optional<std::vector<IndexedPart>> unpack_parts(std::string_view packed)
{
    std::vector<IndexedPart> parts;
    for (Taker taker(packed); !taker.at_end();) {
        const auto section = taker.bytes();
        Taker rest(taker.bytes());
        auto part = take_part(rest);
        if (!taker.good() || !rest.good())
            return std::nullopt;
        part.section = section;
        parts.push_back(std::move(part));
    }
    return parts;
}

std::optional<IndexedPart> find_part(std::string_view packed, std::string_view wanted)
{
    for (Taker taker(packed); !taker.at_end() && taker.good();) {
        const auto section = taker.bytes();
        const auto rest = taker.bytes();
        if (!taker.good() || section != wanted)
            continue;
        Taker inside(rest);
        auto part = take_part(inside);
        if (!inside.good())
            return std::nullopt;
        part.section = section;
        return part;
    }
    return std::nullopt;
}

std::string pack_header_cache(const HeaderCache& cache)
{
    std::string packed;
    append_bytes(packed, cache.fields);
    append_varint(packed, cache.set);
    for (const auto& name : cache.missing)
        append_bytes(packed, name);
    return packed;
}

std::optional<HeaderCache> unpack_header_cache(std::string_view packed)
{
    HeaderCache cache;
    Taker taker(packed);
    cache.fields = taker.bytes();
    cache.set = static_cast<std::uint32_t>(taker.number());
    while (taker.good() && !taker.at_end())
        cache.missing.emplace_back(taker.bytes());
    if (!taker.good())
        return std::nullopt;
    return cache;
}

SortKeys sort_keys_of(const MessageIndex& index)
{
    SortKeys keys;
    keys.base_subject = index.base_subject;
    keys.is_reply_or_forward = index.is_reply_or_forward;
    if (index.sent)
        keys.sent = to_microseconds(*index.sent);
    keys.from_mailbox = index.from_mailbox;
    keys.to_mailbox = index.to_mailbox;
    keys.cc_mailbox = index.cc_mailbox;
    keys.from_display = index.from_display;
    keys.to_display = index.to_display;
    return keys;
}

std::string pack_sort_keys(const SortKeys& keys)
{
    std::string packed;
    append_varint(packed, (keys.is_reply_or_forward ? 1U : 0U) | (keys.sent ? 2U : 0U));
    if (keys.sent)
        append_varint(packed, static_cast<std::uint64_t>(*keys.sent));
    for (const auto* text : {&keys.base_subject, &keys.from_mailbox, &keys.to_mailbox,
                             &keys.cc_mailbox, &keys.from_display, &keys.to_display})
        append_bytes(packed, *text);
    return packed;
}

std::optional<SortKeys> unpack_sort_keys(std::string_view packed)
{
    SortKeys keys;
    Taker taker(packed);
    const auto bits = taker.number();
    keys.is_reply_or_forward = bits & 1U;
    if (bits & 2U)
        keys.sent = static_cast<std::int64_t>(taker.number());
    for (auto* text : {&keys.base_subject, &keys.from_mailbox, &keys.to_mailbox, &keys.cc_mailbox,
                       &keys.from_display, &keys.to_display})
        *text = taker.bytes();
    if (!taker.good())
        return std::nullopt;
    return keys;
}

std::string pack_references(const ThreadLinks& links)
{
    std::string packed;
    append_bytes(packed, links.message_id);
    for (const auto& id : links.references)
        append_bytes(packed, id);
    return packed;
}

std::optional<ThreadLinks> unpack_references(std::string_view packed)
{
    ThreadLinks links;
    Taker taker(packed);
    links.message_id = taker.bytes();
    while (taker.good() && !taker.at_end())
        links.references.emplace_back(taker.bytes());
    if (!taker.good())
        return std::nullopt;
    return links;
}

} // namespace posthouse::mail
