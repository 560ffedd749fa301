// SPDX-License-Identifier: Apache-2.0
#include "tables/image.hpp"

#include "base/contract.hpp"
#include "tables/image_layout.hpp"
#include "tables/kinds.hpp"

#include <cstring>
#include <type_traits>

namespace posthouse::tables {
namespace {

using namespace layout;

/// Images need not be aligned.
template <class Record>
Record read(std::string_view bytes, std::uint64_t section, std::uint64_t index)
{
    static_assert(std::is_trivially_copyable_v<Record>);
    Record record;
    std::memcpy(&record, bytes.data() + section + index * sizeof(Record), sizeof(Record));
    return record;
}

Header header_of(std::string_view bytes)
{
    return read<Header>(bytes, 0, 0);
}

bool lies_within(std::uint64_t at, std::uint64_t size, const Header& header)
{
    return at + size <= header.texts;
}

bool check_starts(std::string_view bytes, const Header& header, const Offsets& offsets)
{
    std::uint32_t last = 0;
    for (std::uint64_t i = 0; i <= header.buckets; ++i) {
        const auto start = read<std::uint32_t>(bytes, offsets.starts, i);
        if (start < last || start > header.entries || (i == 0 && start != 0))
            return false;
        last = start;
    }
    return last == header.entries;
}

bool check_entries(std::string_view bytes, const Header& header, const Offsets& offsets)
{
    std::uint32_t last = 0;
    for (std::uint64_t i = 0; i <= header.entries; ++i) {
        const auto entry = read<EntryRecord>(bytes, offsets.entries, i);
        if (entry.items < last || entry.items > header.items)
            return false;
        last = entry.items;
        if (i < header.entries &&
            (entry.file >= header.files || !lies_within(entry.key.at, entry.key.size, header)))
            return false;
    }
    return true;
}

bool check_items(std::string_view bytes, const Header& header, const Offsets& offsets)
{
    const auto kinds = kinds_of(static_cast<Table>(header.table));
    for (std::uint64_t i = 0; i < header.items; ++i) {
        const auto item = read<ItemRecord>(bytes, offsets.items, i);
        const auto kind = item.size_and_kind >> 24;
        if (kind < kinds.first || kind > kinds.last ||
            !lies_within(item.at, item.size_and_kind & longest_text, header))
            return false;
    }
    return true;
}

bool check_files(std::string_view bytes, const Header& header, const Offsets& offsets)
{
    for (std::uint64_t i = 0; i < header.files; ++i) {
        const auto file = read<Span>(bytes, offsets.files, i);
        if (!lies_within(file.at, file.size, header))
            return false;
    }
    return true;
}

} // namespace

std::expected<Image, std::string> Image::open(std::string_view bytes)
{
    if (bytes.size() < sizeof(Header))
        return std::unexpected("the image is shorter than its header");
    const auto header = header_of(bytes);
    if (header.magic != magic)
        return std::unexpected("this is no image of a table, or one of another version");
    if (!is_table(header.table))
        return std::unexpected("the image is of an unknown table");
    if (header.buckets == 0 || (header.buckets & (header.buckets - 1)) != 0)
        return std::unexpected("the image's number of buckets is no power of two");
    const Offsets offsets(header);
    if (offsets.end != bytes.size())
        return std::unexpected("the image's size is not what its header says");
    if (!check_starts(bytes, header, offsets) || !check_entries(bytes, header, offsets) ||
        !check_items(bytes, header, offsets) || !check_files(bytes, header, offsets))
        return std::unexpected("the image points outside itself");

    Image image;
    image.bytes_ = bytes;
    image.buckets_ = header.buckets;
    image.entries_ = header.entries;
    image.table_ = static_cast<std::uint8_t>(header.table);
    return image;
}

std::optional<Entry> Image::find(std::string_view key) const
{
    if (entries_ == 0)
        return std::nullopt;
    const Offsets offsets(header_of(bytes_));
    const auto sum = hash(key);
    const auto bucket = sum & (buckets_ - 1);
    const auto begin = read<std::uint32_t>(bytes_, offsets.starts, bucket);
    const auto end = read<std::uint32_t>(bytes_, offsets.starts, bucket + 1);
    for (auto i = begin; i < end; ++i) {
        const auto entry = read<EntryRecord>(bytes_, offsets.entries, i);
        if (entry.tag == sum >> 32 &&
            key == bytes_.substr(offsets.texts + entry.key.at, entry.key.size))
            return Entry(this, i);
    }
    return std::nullopt;
}

Entry Image::entry(std::size_t i) const
{
    expects(i < entries_);
    return Entry(this, i);
}

bool Image::has_ipv4_prefix(unsigned bits) const
{
    return entries_ > 0 && bits <= 32 && (header_of(bytes_).ipv4_prefixes[0] >> bits & 1) != 0;
}

bool Image::has_ipv6_prefix(unsigned bits) const
{
    return entries_ > 0 && bits <= 128 &&
           (header_of(bytes_).ipv6_prefixes[bits / 64] >> (bits % 64) & 1) != 0;
}

std::string_view Entry::file() const
{
    const auto bytes = image_->bytes_;
    const Offsets offsets(header_of(bytes));
    const auto entry = read<EntryRecord>(bytes, offsets.entries, at_);
    const auto file = read<Span>(bytes, offsets.files, entry.file);
    return bytes.substr(offsets.texts + file.at, file.size);
}

std::uint32_t Entry::line() const
{
    const Offsets offsets(header_of(image_->bytes_));
    return read<EntryRecord>(image_->bytes_, offsets.entries, at_).line;
}

std::string_view Entry::key() const
{
    const Offsets offsets(header_of(image_->bytes_));
    const auto key = read<EntryRecord>(image_->bytes_, offsets.entries, at_).key;
    return image_->bytes_.substr(offsets.texts + key.at, key.size);
}

std::size_t Entry::size() const
{
    const Offsets offsets(header_of(image_->bytes_));
    return read<EntryRecord>(image_->bytes_, offsets.entries, at_ + 1).items -
           read<EntryRecord>(image_->bytes_, offsets.entries, at_).items;
}

Item Entry::item(std::size_t i) const
{
    expects(i < size());
    const auto bytes = image_->bytes_;
    const Offsets offsets(header_of(bytes));
    const auto first = read<EntryRecord>(bytes, offsets.entries, at_).items;
    const auto item = read<ItemRecord>(bytes, offsets.items, first + i);
    return {static_cast<std::uint8_t>(item.size_and_kind >> 24),
            bytes.substr(offsets.texts + item.at, item.size_and_kind & longest_text)};
}

std::string Entry::place() const
{
    return std::string(name_of(static_cast<Table>(image_->table_))) + ':' + std::to_string(line());
}

} // namespace posthouse::tables
