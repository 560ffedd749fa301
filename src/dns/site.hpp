// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace posthouse::dns {

constexpr std::size_t longest_site_key = 255;

/// One text for a set of hosts, whatever their order: the names, sorted, with commas; where that
/// is longer than longest_site_key, the beginning of it and a hash of all.
std::string site_key(std::vector<std::string> names);

} // namespace posthouse::dns
