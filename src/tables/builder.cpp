// SPDX-License-Identifier: Apache-2.0
#include "tables/builder.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace posthouse::tables {

void Builder::add(std::string_view key, Place place, std::span<const NewItem> items)
{
    using enum ImageWriter::Added;
    switch (writer.add(key, place, items)) {
    case yes:
        return;
    case duplicate: {
        const auto first = writer.place_of(key);
        report.noted(place.line,
                     fmt::format("{} is there already, in {}:{}, which counts", printable(key, 200),
                                 writer.file(first.file), first.line));
        return;
    }
    case too_many:
        report.skipped(place.line, fmt::format("a table has at most {} entries of {} items each",
                                               Limits::entries, Limits::items));
        return;
    case too_large:
        report.skipped(place.line,
                       fmt::format("the table is larger than {} MiB", Limits::image_bytes >> 20));
        return;
    }
}

void Builder::keep_prefix(const Network& network)
{
    if (network.is_address())
        return;
    if (network.family == Network::Family::ipv4)
        writer.has_ipv4_prefix(network.bits);
    else
        writer.has_ipv6_prefix(network.bits);
}

KeyValue split_line(std::string_view line)
{
    // A quoted local part may hold white space.
    bool quoted = false;
    std::size_t end = 0;
    for (; end < line.size() && (quoted || (line[end] != ' ' && line[end] != '\t')); ++end) {
        if (line[end] == '"')
            quoted = !quoted;
        else if (quoted && line[end] == '\\')
            end = std::min(end + 1, line.size() - 1);
    }
    return {line.substr(0, end), trimmed(line.substr(end))};
}

} // namespace posthouse::tables
