// SPDX-License-Identifier: Apache-2.0
#include "dns/site.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <fmt/ranges.h>

namespace posthouse::dns {
namespace {

/// FNV-1a. Who finds two sets with one hash gains what publishing the other set would give.
std::uint64_t hash(std::string_view text)
{
    std::uint64_t value = 0xcbf29ce484222325;
    for (const char c : text)
        value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return value;
}

} // namespace

std::string site_key(std::vector<std::string> names)
{
    std::ranges::sort(names);
    auto key = printable(fmt::format("{}", fmt::join(names, ",")), std::string::npos);
    if (key.size() <= longest_site_key)
        return key;
    const auto tail = "#" + base32_encode(hash(key));
    return key.substr(0, longest_site_key - tail.size()) + tail;
}

} // namespace posthouse::dns
