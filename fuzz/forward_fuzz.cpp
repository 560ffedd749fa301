// SPDX-License-Identifier: Apache-2.0
// fuzzes: tables mail base
// Any .forward: what is found in it can be delivered to, and nothing in it can break a line.

#include "base/contract.hpp"
#include "tables/formats.hpp"

#include <algorithm>
#include <cstdint>

using namespace posthouse;
using namespace posthouse::tables;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto targets = parse_targets(text, ".forward");
    for (const auto& target : targets.targets) {
        expects(std::ranges::none_of(target.text, [](char c) {
            return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
        }));
        expects(target.line > 0);
    }
    if (const auto arguments = split_arguments(text))
        expects(!arguments->empty() && !arguments->front().empty());
    return 0;
}
