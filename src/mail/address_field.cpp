// SPDX-License-Identifier: Apache-2.0
#include "mail/address_field.hpp"

#include "base/text.hpp"
#include "mail/field_writer.hpp"

#include <algorithm>

namespace posthouse::mail {

std::optional<std::string> address_field(std::string_view name,
                                         std::span<const AddressEntry> entries)
{
    constexpr std::size_t most_word = 800;
    const auto text = address_list_text(entries);
    for (std::size_t at = 0; at < text.size();) {
        const auto space = std::min(text.find(' ', at), text.size());
        if (space - at > most_word)
            return std::nullopt;
        at = space + 1;
    }
    if (printable(text, text.size()) != text)
        return std::nullopt;
    FieldWriter writer(name);
    writer.text(text);
    return std::move(writer).done();
}

} // namespace posthouse::mail
