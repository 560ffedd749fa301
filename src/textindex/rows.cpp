// SPDX-License-Identifier: Apache-2.0
#include "textindex/rows.hpp"

#include "base/contract.hpp"
#include "mail/message_entry.hpp"
#include "textindex/limits.hpp"
#include "textindex/postings.hpp"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace posthouse::textindex {
namespace {

// A block's terms and its postings are full with so much, and never exceed a row with one more.
constexpr std::size_t terms_full = 24 << 10, postings_full = 12 << 10;
static_assert(postings_full + Limits::segment_letters / 8 + 16 < store::Limits::value);
constexpr std::size_t set_row = 60'000; ///< bytes of a row of letters

constexpr std::uint64_t format = 1;

/// What a character is, and what it folds to, changes from one Unicode version to the next.
std::uint64_t unicode_tables()
{
    std::array<std::uint8_t, U_MAX_VERSION_LENGTH> version{};
    u_getUnicodeVersion(version.data());
    std::uint64_t number = 0;
    for (const auto part : version)
        number = number << 8 | part;
    return number;
}

std::string with_u32(std::string key, std::uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        key += static_cast<char>(number >> shift & 0xff);
    return key;
}

} // namespace

namespace key {

std::string all(char letter, SegmentId segment)
{
    return with_u32(std::string(1, letter), static_cast<std::uint32_t>(segment));
}
std::string covered(SegmentId segment, std::uint32_t part)
{
    return with_u32(all('c', segment), part);
}
std::string given_up(SegmentId segment, std::uint32_t part)
{
    return with_u32(all('s', segment), part);
}
std::string dictionary(SegmentId segment, Kind kind)
{
    return all('d', segment) + static_cast<char>(kind);
}
std::string block(SegmentId segment, Kind kind, std::string_view last_term)
{
    return before_block(segment, kind, last_term) + '\0';
}
std::string before_block(SegmentId segment, Kind kind, std::string_view term)
{
    auto key = dictionary(segment, kind);
    key += term;
    return key;
}
std::string postings(std::string_view block_key)
{
    std::string key(block_key);
    key.front() = 'p';
    return key;
}

} // namespace key

void Block::find(std::string_view pattern, std::vector<std::uint32_t>& places) const
{
    std::uint32_t place = 0;
    const char* counted = terms_.data() + 1; // Zero bytes before it make up `place`.
    const char* from = terms_.data();
    const char* const end = from + terms_.size();
    while (const void* found =
               memmem(from, static_cast<std::size_t>(end - from), pattern.data(), pattern.size())) {
        const auto* hit = static_cast<const char*>(found);
        if (pattern.front() == '\0')
            ++hit; // Into the term itself.
        if (hit >= end)
            return;
        place += static_cast<std::uint32_t>(std::count(counted, hit, '\0'));
        const auto* next =
            static_cast<const char*>(std::memchr(hit, '\0', static_cast<std::size_t>(end - hit)));
        if (next == nullptr)
            return;
        places.push_back(place);
        counted = hit;
        from = next; // The zero byte is before the next term too.
    }
}

std::string_view Block::take()
{
    terms_.remove_prefix(1);
    const auto term = terms_.substr(0, terms_.find('\0'));
    terms_.remove_prefix(term.size());
    return term;
}

void BlockWriter::add(Kind kind, std::string_view term, std::span<const std::uint32_t> places)
{
    if (kind_ != kind || terms_.size() >= terms_full || postings_.size() >= postings_full)
        flush();
    expects(terms_.empty() || last_ < term);
    kind_ = kind;
    if (terms_.empty())
        terms_ += '\0';
    terms_ += term;
    terms_ += '\0';
    append_postings(places, letters_, postings_);
    last_ = term;
}

void BlockWriter::flush()
{
    if (terms_.empty())
        return;
    auto block = key::block(segment_, *kind_, last_);
    auto postings = key::postings(block);
    row_bytes_ += 2 * block.size() + terms_.size() + postings_.size();
    rows_.push_back({std::move(block), std::exchange(terms_, {})});
    rows_.push_back({std::move(postings), std::exchange(postings_, {})});
}

std::vector<store::Row> letter_rows(SegmentId segment, const EmailSet& covered,
                                    const EmailSet& given_up)
{
    std::vector<store::Row> rows;
    const auto put = [&](const EmailSet& set, auto key_of) {
        std::uint32_t part = 0;
        for (std::size_t at = 0; at < set.ranges().size(); ++part) {
            std::string value;
            at += set.pack(at, set_row, value);
            rows.push_back({key_of(segment, part), std::move(value)});
        }
    };
    put(covered, key::covered);
    put(given_up, key::given_up);
    return rows;
}

std::string Manifest::pack() const
{
    std::string packed;
    mail::append_varint(packed, format);
    mail::append_varint(packed, unicode_tables());
    mail::append_varint(packed, next);
    mail::append_varint(packed, segments.size());
    for (const auto& segment : segments) {
        mail::append_varint(packed, static_cast<std::uint32_t>(segment.id));
        mail::append_varint(packed, segment.letters);
        mail::append_varint(packed, segment.bytes);
    }
    mail::append_varint(packed, doomed.size());
    for (const auto id : doomed)
        mail::append_varint(packed, static_cast<std::uint32_t>(id));
    // As many as there is room for: to forget some of them costs room on the disk, nothing else.
    std::string gone;
    (void)forgotten.pack(0, 16'000, gone);
    mail::append_bytes(packed, gone);
    return packed;
}

std::optional<Manifest> Manifest::unpack(std::string_view packed)
{
    Manifest manifest;
    bool whole = true;
    const auto number = [&](std::uint64_t most) {
        const auto value = whole ? mail::take_varint(packed) : std::nullopt;
        whole = whole && value && *value <= most;
        return whole ? *value : 0;
    };
    constexpr std::uint64_t any = ~std::uint64_t(0);
    constexpr std::uint64_t most_ids = 0xffffffff;
    if (number(any) != format || number(any) != unicode_tables())
        return std::nullopt;
    manifest.next = static_cast<std::uint32_t>(number(most_ids));
    for (auto left = number(4 * Limits::segments); left > 0 && whole; --left) {
        Manifest::Segment segment;
        segment.id = SegmentId(number(most_ids));
        segment.letters = number(any);
        segment.bytes = number(any);
        manifest.segments.push_back(segment);
    }
    for (auto left = number(4 * Limits::segments); left > 0 && whole; --left)
        manifest.doomed.push_back(SegmentId(number(most_ids)));
    const auto gone = whole ? mail::take_bytes(packed) : std::nullopt;
    auto forgotten = gone ? EmailSet::unpack(*gone, store::Limits::value) : std::nullopt;
    if (!forgotten || !packed.empty())
        return std::nullopt;
    manifest.forgotten = std::move(*forgotten);
    return manifest;
}

} // namespace posthouse::textindex
