// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tables/formats.hpp"
#include "tables/image_layout.hpp"

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace posthouse::tables {

struct NewItem {
    std::uint8_t kind = 0;
    std::string_view text;
};

/// Where an entry stands.
struct Place {
    std::uint32_t file = 0; // as ImageWriter::add_file() numbered it
    std::uint32_t line = 0;
    bool operator==(const Place&) const = default;
};

struct WriterLimits {
    std::size_t entries = Limits::entries;
    std::size_t items = Limits::items;
    std::size_t bytes = Limits::image_bytes;
};

/// Gathers entries and makes the image of them.
class ImageWriter {
public:
    explicit ImageWriter(Table, WriterLimits = {});

    std::uint32_t add_file(std::string_view name);
    const std::string& file(std::uint32_t number) const { return files_[number]; }

    enum class Added : std::uint8_t { yes, duplicate, too_many, too_large };
    /// Kinds are those of the table. Nothing is added unless the answer is yes.
    Added add(std::string_view key, Place, std::span<const NewItem>);
    /// Where the key is already.
    Place place_of(std::string_view key) const;
    void has_ipv4_prefix(unsigned bits);
    void has_ipv6_prefix(unsigned bits);
    std::size_t size() const { return rows_.size(); }

    std::string finish() const;

private:
    struct Row {
        std::uint64_t hash;
        layout::Span key;
        Place place;
        std::uint32_t items;
        std::uint32_t item_count;
    };

    layout::Span keep(std::string_view text);
    const Row* find(std::string_view key, std::uint64_t hash) const;
    std::vector<std::uint32_t> bucket_starts(std::uint32_t buckets) const;

    Table table_;
    WriterLimits limits_;
    layout::Header header_{};
    std::vector<Row> rows_;
    std::unordered_multimap<std::uint64_t, std::uint32_t> index_; // hash -> row
    std::vector<layout::ItemRecord> items_;
    std::vector<std::string> files_;
    std::string texts_;
    std::size_t bytes_ = 0; // of the image so far, at most
};

} // namespace posthouse::tables
