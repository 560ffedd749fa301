// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tables/formats.hpp"
#include "tables/image.hpp"

#include <expected>
#include <map>
#include <memory>
#include <string>

namespace posthouse::tables {

/// An image in a sealed memory file, mapped read-only for as long as this lives. Readers hold it
/// by a shared pointer: a table that takes its place never pulls it from under them.
class Mapped {
public:
    /// Only what can change no more is mapped: write, grow and shrink must be sealed. The
    /// descriptor stays the caller's. The error is a sentence.
    static std::expected<std::shared_ptr<const Mapped>, std::string> map(Table, int descriptor);

    Mapped(const Mapped&) = delete;
    Mapped& operator=(const Mapped&) = delete;
    ~Mapped();

    const Image& image() const { return image_; }

private:
    Mapped(const void* bytes, std::size_t size) : bytes_(bytes), size_(size) {}

    const void* bytes_;
    std::size_t size_;
    Image image_;
};

using MappedTables = std::map<Table, std::shared_ptr<const Mapped>>;

/// nullptr: there is no such table.
inline const Image* image_of(const MappedTables& mapped, Table table)
{
    const auto found = mapped.find(table);
    return found == mapped.end() ? nullptr : &found->second->image();
}

} // namespace posthouse::tables
