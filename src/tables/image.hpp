// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

/// The classic tables (aliases, virtusertable, mailertable, access, …), read directly and compiled
/// into *images*: flat, position-independent bytes that are mapped read-only by every process that
/// looks something up. tables/formats.hpp compiles, this looks up.
namespace posthouse::tables {

/// One thing that a key leads to. What `kind` means is the table's own enumeration
/// (tables/formats.hpp); `text` is checked and in its canonical form.
struct Item {
    std::uint8_t kind = 0;
    std::string_view text; // Into the image.
};

/// The line of a table that a key matched.
class Entry {
public:
    std::string_view file() const;
    std::uint32_t line() const; // From 1.
    std::string_view key() const;
    std::size_t size() const;
    /// `i` < size(). In the order of the table; constant time.
    Item item(std::size_t i) const;
    /// "aliases:12", for traces and explanations.
    std::string place() const;

private:
    friend class Image;
    Entry(const class Image* image, std::size_t at) : image_(image), at_(at) {}
    const class Image* image_;
    std::size_t at_;
};

/// A compiled table over bytes that outlive it. Lookup is one hash and a few comparisons; nothing
/// is allocated.
class Image {
public:
    /// Without entries.
    Image() = default;
    /// Checks the frame and every offset, so that a lookup never leaves the bytes. The error is a
    /// sentence.
    static std::expected<Image, std::string> open(std::string_view bytes);

    /// `key` in the form in which the table keeps its keys (lower case ASCII).
    std::optional<Entry> find(std::string_view key) const;
    std::size_t size() const { return entries_; }
    /// In no order; for lists and differences. `i` < size()
    Entry entry(std::size_t i) const;
    /// The tables::Table that it was compiled from; 0 without entries.
    std::uint8_t table() const { return table_; }
    /// Are there entries with keys "[tag:]address/bits" of that kind? So that nobody looks for
    /// prefixes of lengths that do not occur; tables/network.hpp makes use of it. IPv4: bits up to
    /// 32.
    bool has_ipv4_prefix(unsigned bits) const;
    bool has_ipv6_prefix(unsigned bits) const;

private:
    friend class Entry;
    std::string_view bytes_;
    std::size_t entries_ = 0;
    std::size_t buckets_ = 0;
    std::uint8_t table_ = 0;
};

} // namespace posthouse::tables
