// SPDX-License-Identifier: Apache-2.0
#include "imap/session/rights.hpp"

#include <fmt/format.h>

namespace posthouse::imap {

std::string shown_rights(const Rights& rights)
{
    std::string all;
    const auto has = [&](std::string_view some) {
        return rights.find_first_of(some) != std::string::npos;
    };
    for (const char right : all_rights)
        if (rights.contains(right))
            all += right;
    if (has("kx"))
        all += 'c';
    if (has("te"))
        all += 'd';
    return all;
}

std::optional<Rights> rights_meant(std::string_view letters)
{
    std::string spelt;
    for (const char letter : letters) {
        if (letter == 'c')
            spelt += "kx";
        else if (letter == 'd')
            spelt += "te";
        else if (all_rights.contains(letter))
            spelt += letter;
        else
            return std::nullopt;
    }
    Rights rights;
    for (const char right : all_rights)
        if (spelt.contains(right))
            rights += right;
    return rights;
}

bool is_writable(Access access, const Rights& rights)
{
    // \Seen is each reader's own.
    return access == Access::read_write && rights.find_first_of("iewt") != std::string::npos;
}

std::string permanent_flags(const Selected& selected)
{
    std::string flags;
    const auto add = [&](std::string_view flag) {
        if (!flags.empty())
            flags += ' ';
        flags += flag;
    };
    if (!selected.may_store())
        return flags;
    if (selected.may('w'))
        add("\\Answered \\Flagged");
    if (selected.may('t'))
        add("\\Deleted");
    if (selected.may('s'))
        add("\\Seen");
    if (!selected.may('w'))
        return flags;
    add("\\Draft");
    for (const auto& keyword : selected.keywords)
        add(keyword);
    if (selected.more_keywords)
        add("\\*");
    return flags;
}

void say_permanent_flags(Dialogue& dialogue)
{
    const auto& selected = *dialogue.selected;
    dialogue.say(fmt::format("OK [PERMANENTFLAGS ({})] {}", permanent_flags(selected),
                             selected.may_store() ? "Flags permitted" : "Read-only mailbox"));
}

/// RFC 4314 §5.1.1, RFC 3501 §7.1
void take_rights(Dialogue& dialogue, Rights rights)
{
    auto& selected = *dialogue.selected;
    if (selected.rights == rights)
        return;
    const auto flags = permanent_flags(selected);
    const bool writable = is_writable(selected.access, selected.rights);
    selected.rights = std::move(rights);
    if (permanent_flags(selected) != flags)
        say_permanent_flags(dialogue);
    if (const bool now = is_writable(selected.access, selected.rights); now != writable)
        dialogue.say(now ? "OK [READ-WRITE] Rights were granted"
                         : "OK [READ-ONLY] Rights were taken back");
}

} // namespace posthouse::imap
