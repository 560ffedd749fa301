// SPDX-License-Identifier: Apache-2.0
#include "milter/negotiation.hpp"

#include "base/text.hpp"

namespace posthouse::milter {

void append_offer(std::string& to)
{
    std::string payload;
    append_u32(payload, highest_version);
    append_u32(payload, action::all);
    append_u32(payload, protocol::all);
    append_packet(to, Command::negotiate, payload);
}

std::expected<Terms, Fault> read_terms(std::string_view payload, const Limits& limits)
{
    PayloadReader reader(payload);
    const auto version = reader.u32();
    const auto actions = reader.u32();
    const auto steps = reader.u32();
    if (!version || !actions || !steps)
        return std::unexpected(Fault{"a negotiation cut short"});
    if (*version < lowest_version || *version > highest_version)
        return std::unexpected(Fault{"a version that was not offered"});
    if ((*actions & ~action::all) != 0 || (*steps & ~protocol::all) != 0)
        return std::unexpected(Fault{"it wants what was not offered"});

    Terms terms{.version = *version, .actions = *actions, .steps = *steps};
    if (terms.version < version_with_data)
        terms.steps |= protocol::no_data;
    if (terms.has(protocol::data_1m))
        terms.chunk_bytes = (1 << 20) - 1;
    else if (terms.has(protocol::data_256k))
        terms.chunk_bytes = (256 << 10) - 1;

    while (!reader.at_end()) {
        const auto stage = reader.u32();
        const auto list = reader.text();
        if (!stage || !list || *stage >= macro_stages)
            return std::unexpected(Fault{"a list of macros that cannot be read"});
        auto names = macro_names(*list, limits.macro_names + 1);
        if (names.size() > limits.macro_names)
            return std::unexpected(Fault{"a list of macros over the limit"});
        terms.macros[*stage] = std::move(names);
    }
    return terms;
}

} // namespace posthouse::milter
