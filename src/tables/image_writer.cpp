// SPDX-License-Identifier: Apache-2.0
#include "tables/image_writer.hpp"

#include "base/contract.hpp"
#include "tables/kinds.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

namespace posthouse::tables {
namespace {

using namespace layout;

template <class Record>
void append(std::string& to, const Record& record)
{
    to.append(reinterpret_cast<const char*>(&record), sizeof record);
}

/// Up to two bucket starts for an entry, as their number is a power of two.
constexpr std::size_t bytes_an_entry = sizeof(EntryRecord) + 2 * sizeof(std::uint32_t);
constexpr std::size_t bytes_for_all = sizeof(Header) + bytes_an_entry + sizeof(std::uint32_t);

} // namespace

ImageWriter::ImageWriter(Table table, WriterLimits limits)
    : table_(table),
      limits_(limits),
      bytes_(bytes_for_all)
{
    header_.magic = magic;
    header_.table = std::to_underlying(table);
}

std::uint32_t ImageWriter::add_file(std::string_view name)
{
    files_.emplace_back(name);
    bytes_ += name.size() + sizeof(Span);
    return static_cast<std::uint32_t>(files_.size() - 1);
}

const ImageWriter::Row* ImageWriter::find(std::string_view key, std::uint64_t hash) const
{
    const auto [begin, end] = index_.equal_range(hash);
    for (auto at = begin; at != end; ++at) {
        const auto& row = rows_[at->second];
        if (key == std::string_view(texts_).substr(row.key.at, row.key.size))
            return &row;
    }
    return nullptr;
}

Place ImageWriter::place_of(std::string_view key) const
{
    const auto* row = find(key, hash(key));
    expects(row != nullptr);
    return row->place;
}

Span ImageWriter::keep(std::string_view text)
{
    const Span span{static_cast<std::uint32_t>(texts_.size()),
                    static_cast<std::uint32_t>(text.size())};
    texts_ += text;
    return span;
}

ImageWriter::Added ImageWriter::add(std::string_view key, Place place,
                                    std::span<const NewItem> items)
{
    expects(place.file < files_.size());
    const auto sum = hash(key);
    if (find(key, sum) != nullptr)
        return Added::duplicate;
    if (rows_.size() >= limits_.entries || items.size() > limits_.items)
        return Added::too_many;

    auto bytes = bytes_ + bytes_an_entry + key.size() + items.size() * sizeof(ItemRecord);
    for (const auto& item : items)
        bytes += item.text.size();
    if (bytes > limits_.bytes)
        return Added::too_large;
    bytes_ = bytes;

    Row row{.hash = sum,
            .key = keep(key),
            .place = place,
            .items = static_cast<std::uint32_t>(items_.size()),
            .item_count = static_cast<std::uint32_t>(items.size())};
    const auto kinds = kinds_of(table_);
    for (const auto& item : items) {
        expects(item.text.size() <= longest_text && item.kind >= kinds.first &&
                item.kind <= kinds.last);
        const auto at = item.text == key ? row.key.at : keep(item.text).at;
        items_.push_back(
            {at, static_cast<std::uint32_t>(item.text.size()) | std::uint32_t{item.kind} << 24});
    }
    index_.emplace(sum, static_cast<std::uint32_t>(rows_.size()));
    rows_.push_back(row);
    return Added::yes;
}

void ImageWriter::has_ipv4_prefix(unsigned bits)
{
    expects(bits <= 32);
    header_.ipv4_prefixes[0] |= std::uint64_t{1} << bits;
}

void ImageWriter::has_ipv6_prefix(unsigned bits)
{
    expects(bits <= 128);
    header_.ipv6_prefixes[bits / 64] |= std::uint64_t{1} << (bits % 64);
}

std::vector<std::uint32_t> ImageWriter::bucket_starts(std::uint32_t buckets) const
{
    std::vector<std::uint32_t> starts(buckets + 1, 0);
    for (const auto& row : rows_)
        ++starts[(row.hash & (buckets - 1)) + 1];
    std::partial_sum(starts.begin(), starts.end(), starts.begin());
    return starts;
}

std::string ImageWriter::finish() const
{
    const auto buckets =
        static_cast<std::uint32_t>(std::bit_ceil(std::max<std::size_t>(1, size())));
    const auto starts = bucket_starts(buckets);
    std::vector<std::uint32_t> order(size());
    auto next = starts;
    for (std::uint32_t i = 0; i < size(); ++i)
        order[next[rows_[i].hash & (buckets - 1)]++] = i;

    std::string texts;
    for (const auto& file : files_)
        texts += file;

    auto header = header_;
    header.buckets = buckets;
    header.entries = static_cast<std::uint32_t>(size());
    header.items = static_cast<std::uint32_t>(items_.size());
    header.files = static_cast<std::uint32_t>(files_.size());
    header.texts = static_cast<std::uint32_t>(texts_.size() + texts.size());

    std::string image;
    image.reserve(Offsets(header).end);
    append(image, header);
    for (const auto start : starts)
        append(image, start);
    std::uint32_t items = 0;
    for (const auto i : order) {
        const auto& row = rows_[i];
        append(image, EntryRecord{static_cast<std::uint32_t>(row.hash >> 32), row.key, items,
                                  row.place.line, row.place.file});
        items += row.item_count;
    }
    append(image, EntryRecord{0, {0, 0}, items, 0, 0});
    for (const auto i : order)
        for (std::uint32_t n = 0; n < rows_[i].item_count; ++n)
            append(image, items_[rows_[i].items + n]);
    std::uint32_t at = static_cast<std::uint32_t>(texts_.size());
    for (const auto& file : files_) {
        append(image, Span{at, static_cast<std::uint32_t>(file.size())});
        at += static_cast<std::uint32_t>(file.size());
    }
    image += texts_;
    image += texts;
    return image;
}

} // namespace posthouse::tables
