// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

/// How an image lies in memory; for its writer and its reader only. Numbers are in the host's byte
/// order: an image never leaves the host, nor outlives the program that made it.
///
///     Header
///     std::uint32_t  starts[buckets + 1]   the first entry of each bucket; the last is `entries`
///     EntryRecord    entries[entries + 1]  bucket by bucket; the last one only ends the items
///     ItemRecord     items[items]          entry by entry
///     Span           files[files]
///     char           texts[texts]
namespace posthouse::tables::layout {

constexpr std::array<char, 8> magic = {'P', 'H', 'T', 'A', 'B', 'L', 'E', '\x01'};

struct Header {
    std::array<char, 8> magic;
    std::uint32_t table;
    std::uint32_t buckets; // a power of two
    std::uint32_t entries;
    std::uint32_t items;
    std::uint32_t files;
    std::uint32_t texts;
    std::array<std::uint64_t, 1> ipv4_prefixes; // bit n: there are prefixes of n bits
    std::array<std::uint64_t, 3> ipv6_prefixes;
};
static_assert(sizeof(Header) == 64);

/// Into the texts.
struct Span {
    std::uint32_t at;
    std::uint32_t size;
};

struct EntryRecord {
    std::uint32_t tag; // the upper half of the key's hash
    Span key;
    std::uint32_t items; // the first of them; they end where the next entry's begin
    std::uint32_t line;
    std::uint32_t file;
};
static_assert(sizeof(EntryRecord) == 24);

struct ItemRecord {
    std::uint32_t at;
    std::uint32_t size_and_kind; // kind: the upper 8 bits
};
constexpr std::uint32_t longest_text = (1u << 24) - 1;

constexpr std::uint64_t rotate_and_mix(std::uint64_t sum, std::uint64_t word)
{
    sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
    return sum ^ (sum >> 29);
}

/// Of a key. Without a seed: the keys are the administrator's own.
inline std::uint64_t hash(std::string_view key)
{
    std::uint64_t sum = 0x51ed270b9f64a3cdu ^ key.size();
    std::uint64_t word = 0;
    for (; key.size() >= sizeof word; key.remove_prefix(sizeof word)) {
        std::memcpy(&word, key.data(), sizeof word);
        sum = rotate_and_mix(sum, word);
    }
    word = 0;
    if (!key.empty())
        std::memcpy(&word, key.data(), key.size());
    sum = rotate_and_mix(sum, word);
    sum *= 0xbf58476d1ce4e5b9u;
    return sum ^ (sum >> 32);
}

/// Where the sections begin.
struct Offsets {
    std::uint64_t starts, entries, items, files, texts, end;

    explicit constexpr Offsets(const Header& h)
        : starts(sizeof(Header)),
          entries(starts + sizeof(std::uint32_t) * (std::uint64_t{h.buckets} + 1)),
          items(entries + sizeof(EntryRecord) * (std::uint64_t{h.entries} + 1)),
          files(items + sizeof(ItemRecord) * std::uint64_t{h.items}),
          texts(files + sizeof(Span) * std::uint64_t{h.files}),
          end(texts + h.texts)
    {
    }
};

} // namespace posthouse::tables::layout
