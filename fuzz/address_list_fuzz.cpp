// SPDX-License-Identifier: Apache-2.0
// fuzzes: mail base
// Any value of To: what is found in it stays within the limits and reads back as itself.

#include "base/contract.hpp"
#include "mail/address_list.hpp"
#include "mail/message_id.hpp"

#include <algorithm>
#include <cstdint>

namespace {

using namespace posthouse;
using namespace posthouse::mail;

bool holds_control_character(std::string_view text)
{
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view value(reinterpret_cast<const char*>(data), size);
    const AddressListLimits limits{.bytes = 400, .entries = 20};
    const auto list = parse_address_list(value, limits);
    expects(list.entries.size() <= limits.entries + 1);
    bool in_group = false;
    for (const auto& entry : list.entries) {
        using enum AddressEntry::Kind;
        expects(!holds_control_character(entry.name + entry.local_part + entry.domain));
        expects(entry.kind == mailbox || in_group == (entry.kind == group_end));
        expects(entry.kind == group_end || !entry.name.empty() || !entry.address().empty());
        in_group = entry.kind == mailbox ? in_group : entry.kind == group_begin;
    }
    expects(!in_group);
    const auto again = parse_address_list(address_list_text(list.entries));
    expects(again.entries == list.entries);

    for (const auto& id : message_ids(value, {.ids = 5, .id_bytes = 50})) {
        expects(id.size() <= 50 && !holds_control_character(id));
        expects(message_ids(id) == std::vector{id});
    }
    return 0;
}
