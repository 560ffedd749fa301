// SPDX-License-Identifier: Apache-2.0
// fuzzes: tables mail base
// Any .forward: what is found in it can be delivered to, and reads back as itself.

#include "base/contract.hpp"
#include "mail/lexical.hpp"
#include "tables/formats.hpp"

#include <algorithm>
#include <cstdint>

namespace {

using namespace posthouse;
using namespace posthouse::tables;

std::string written(const Targets::One& target)
{
    switch (target.kind) {
    case Target::address:
        return target.text;
    case Target::local:
        return mail::is_dot_atom(target.text) ? target.text : mail::quoted(target.text);
    case Target::keep:
        return "\\" + (mail::is_dot_atom(target.text) ? target.text : mail::quoted(target.text));
    case Target::file:
        return mail::quoted(target.text);
    case Target::program:
        return mail::quoted("|" + target.text);
    case Target::error:
        return mail::quoted(":error:" + target.text);
    }
    return {};
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto targets = parse_targets(text, ".forward");
    for (const auto& target : targets.targets) {
        expects(std::ranges::none_of(target.text, [](char c) {
            return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
        }));
        expects(target.line > 0);
        if (target.text.contains('\t') || target.kind == Target::error)
            continue; // quoted() is not for tabs, and an error's codes are in another order.
        // Not at a line's beginning, where there are comments and a byte order mark.
        const auto again = parse_targets("," + written(target), ".forward");
        expects(again.problems.empty() && again.targets.size() == 1);
        expects(again.targets[0].kind == target.kind && again.targets[0].text == target.text);
    }
    if (const auto arguments = split_arguments(text))
        expects(!arguments->empty() && !arguments->front().empty());
    return 0;
}
