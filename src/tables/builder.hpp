// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tables/image_writer.hpp"
#include "tables/network.hpp"
#include "tables/report.hpp"

#include <span>
#include <string>
#include <string_view>

namespace posthouse::tables {

/// What the readers of all tables fill: the image and the problems.
struct Builder {
    explicit Builder(Table table) : writer(table) {}

    /// Tells duplicates (the first counts) and limits.
    void add(std::string_view key, Place, std::span<const NewItem>);
    void begin_file(std::string_view name)
    {
        report.begin_file(name);
        file = writer.add_file(name);
    }
    /// Remembers the length of a prefix that is, with a tag or without, a key.
    void keep_prefix(const Network&);

    ImageWriter writer;
    Report report;
    std::uint32_t file = 0;
};

/// The readers of one file each, which is begun already.
void read_virtusers(std::string_view text, Builder&);
void read_mailers(std::string_view text, Builder&);
void read_access(std::string_view text, Builder&);
void read_generics(std::string_view text, Builder&);
void read_sender_relays(std::string_view text, Builder&);
void read_copies(std::string_view text, Builder&);
/// Class files: local_hosts, relay_domains, generics_domains, callers.
void read_class(Table, std::string_view text, Builder&);

void read_aliases(std::span<const Source>, const Includer&, Builder&);

/// "key value" with white space between them.
struct KeyValue {
    std::string_view key, value;
};
KeyValue split_line(std::string_view line);

} // namespace posthouse::tables
