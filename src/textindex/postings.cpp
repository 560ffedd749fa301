// SPDX-License-Identifier: Apache-2.0
#include "textindex/postings.hpp"

#include "base/contract.hpp"
#include "mail/message_entry.hpp"

#include <algorithm>
#include <bit>
#include <optional>

namespace posthouse::textindex {
namespace {

// In the two lowest bits of the first number, whose others are a place or a count of bytes.
enum : std::uint64_t { one = 0, differences = 1, bits = 2, all = 3 };

struct Packed {
    std::uint64_t way = 0, number = 0;
    std::string_view bytes;
};

std::optional<Packed> take(std::string_view& from)
{
    const auto head = mail::take_varint(from);
    if (!head)
        return std::nullopt;
    Packed packed{*head & 3, *head >> 2, {}};
    if (packed.way == differences || packed.way == bits) {
        if (packed.number > from.size())
            return std::nullopt;
        packed.bytes = from.substr(0, packed.number);
        from.remove_prefix(packed.number);
    }
    return packed;
}

/// Calls `place(n)` for each; false: not well-formed.
template <class Place>
bool each(const Packed& packed, std::uint32_t letters, Place place)
{
    switch (packed.way) {
    case one:
        if (packed.number >= letters)
            return false;
        place(static_cast<std::uint32_t>(packed.number));
        return true;
    case differences: {
        auto rest = packed.bytes;
        std::uint64_t next = 0;
        while (!rest.empty()) {
            std::uint64_t gap = static_cast<unsigned char>(rest.front());
            if (gap < 0x80) {
                rest.remove_prefix(1);
            } else {
                const auto number = mail::take_varint(rest);
                if (!number || *number >= letters)
                    return false;
                gap = *number;
            }
            next += gap;
            if (next >= letters)
                return false;
            place(static_cast<std::uint32_t>(next));
            ++next;
        }
        return true;
    }
    case bits:
        if (packed.bytes.size() > (std::size_t(letters) + 7) / 8)
            return false;
        for (std::size_t i = 0; i < packed.bytes.size(); ++i)
            for (unsigned byte = static_cast<unsigned char>(packed.bytes[i]); byte != 0;
                 byte &= byte - 1) {
                const auto at = i * 8 + static_cast<std::size_t>(std::countr_zero(byte));
                if (at >= letters)
                    return false;
                place(static_cast<std::uint32_t>(at));
            }
        return true;
    default:
        for (std::uint32_t i = 0; i < letters; ++i)
            place(i);
        return true;
    }
}

} // namespace

void Bits::set_all()
{
    std::ranges::fill(words_, ~std::uint64_t(0));
    if (size_ % 64 != 0)
        words_.back() = (std::uint64_t(1) << (size_ % 64)) - 1;
}

std::uint32_t Bits::count() const
{
    int count = 0;
    for (const auto word : words_)
        count += std::popcount(word);
    return static_cast<std::uint32_t>(count);
}

bool Bits::none() const
{
    return std::ranges::all_of(words_, [](std::uint64_t word) { return word == 0; });
}

Bits& Bits::operator|=(const Bits& other)
{
    expects(size_ == other.size_);
    for (std::size_t i = 0; i < words_.size(); ++i)
        words_[i] |= other.words_[i];
    return *this;
}

Bits& Bits::operator&=(const Bits& other)
{
    expects(size_ == other.size_);
    for (std::size_t i = 0; i < words_.size(); ++i)
        words_[i] &= other.words_[i];
    return *this;
}

void append_postings(std::span<const std::uint32_t> places, std::uint32_t letters, std::string& to)
{
    expects(!places.empty() && places.back() < letters);
    if (places.size() == letters)
        return mail::append_varint(to, all);
    if (places.size() == 1)
        return mail::append_varint(to, std::uint64_t(places.front()) << 2 | one);
    std::string packed;
    const std::size_t as_bits = places.back() / 8 + 1;
    std::uint32_t next = 0;
    for (const auto place : places) {
        expects(place >= next);
        mail::append_varint(packed, place - next);
        next = place + 1;
        if (packed.size() >= as_bits)
            break;
    }
    const bool few = packed.size() < as_bits;
    if (!few) {
        packed.assign(as_bits, '\0');
        for (const auto place : places)
            packed[place / 8] = static_cast<char>(packed[place / 8] | 1 << (place % 8));
    }
    mail::append_varint(to, packed.size() << 2 | (few ? differences : bits));
    to += packed;
}

bool skip_postings(std::string_view& from)
{
    return take(from).has_value();
}

bool take_postings(std::string_view& from, Bits& add_to)
{
    const auto packed = take(from);
    if (!packed)
        return false;
    if (packed->way == all) {
        add_to.set_all();
        return true;
    }
    return each(*packed, add_to.size(), [&](std::uint32_t place) { add_to.set(place); });
}

bool take_postings(std::string_view& from, std::uint32_t letters,
                   std::vector<std::uint32_t>& append_to)
{
    const auto packed = take(from);
    return packed &&
           each(*packed, letters, [&](std::uint32_t place) { append_to.push_back(place); });
}

} // namespace posthouse::textindex
