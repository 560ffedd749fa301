// SPDX-License-Identifier: Apache-2.0
// fuzzes: imap mail base
// What a keeper reads off the wire from a gate: packed search programs, and summaries' fields.
#include "imap/search_plan.hpp"
#include "imap/search_wire.hpp"
#include "mail/summary_fields.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace posthouse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (auto program = imap::unpack_program(input, {.keys = 500, .depth = 50, .ranges = 500})) {
        const auto again = imap::pack_program(*program);
        if (!imap::unpack_program(again))
            std::abort();
        const std::string keywords[] = {"$Junk"};
        const imap::SearchPlan plan(program->key, {keywords, Timestamp()});
        mail::MessageEntry entry;
        entry.uid = 7;
        plan.matches(entry, [](const imap::SearchKey&) { return true; });
    }
    if (const auto parts = mail::unpack_parts(input))
        for (const auto& part : *parts)
            mail::find_part(input, part.section);
    mail::unpack_header_cache(input);
    mail::unpack_sort_keys(input);
    mail::unpack_references(input);
    return 0;
}
