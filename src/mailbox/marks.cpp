// SPDX-License-Identifier: Apache-2.0
#include "mailbox/marks.hpp"

#include <algorithm>

namespace posthouse::mailbox {
namespace {

using Entry = mail::MessageEntry;

constexpr std::uint8_t has_keywords = 0x80;

bool same_marks(const Entry& a, const Entry& b)
{
    return a.modseq == b.modseq && a.flags == b.flags && a.keywords == b.keywords;
}

} // namespace

std::string packed_marks(std::span<const Entry> entries)
{
    std::string row;
    for (auto rest = entries; !rest.empty();) {
        const auto& first = rest.front();
        const auto other = std::ranges::find_if_not(
            rest, [&](const Entry& entry) { return same_marks(entry, first); });
        const auto count = static_cast<std::size_t>(other - rest.begin());
        mail::append_varint(row, count);
        row += static_cast<char>(first.flags.bits() | (first.keywords != 0 ? has_keywords : 0));
        if (first.keywords != 0)
            mail::append_varint(row, first.keywords);
        mail::append_varint(row, first.modseq);
        rest = rest.subspan(count);
    }
    return row;
}

bool unpack_marks(std::string_view row, std::span<Entry> entries)
{
    while (!row.empty()) {
        const auto count = mail::take_varint(row);
        if (!count || *count == 0 || *count > entries.size() || row.empty())
            return false;
        const auto bits = static_cast<std::uint8_t>(row.front());
        row.remove_prefix(1);
        std::uint64_t keywords = 0;
        if ((bits & has_keywords) != 0) {
            const auto said = mail::take_varint(row);
            if (!said || *said == 0)
                return false;
            keywords = *said;
        }
        const auto modseq = mail::take_varint(row);
        if (!modseq || (bits & ~(has_keywords | 0x1f)) != 0)
            return false;
        for (auto& entry : entries.first(*count)) {
            entry.flags = mail::SystemFlags::from_bits(bits & 0x1f);
            entry.keywords = keywords;
            entry.modseq = *modseq;
        }
        entries = entries.subspan(*count);
    }
    return entries.empty();
}

} // namespace posthouse::mailbox
