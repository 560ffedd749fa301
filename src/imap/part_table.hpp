// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message_index.hpp"
#include "mail/mime.hpp"

#include <span>
#include <string_view>
#include <vector>

/// Section numbers: RFC 9051 §6.4.5.1.
namespace posthouse::imap {

/// The letter itself, with the section "", and each part with its number, in their order. They are
/// the parts that body_structure_text() shows of this tree.
std::vector<mail::IndexedPart> part_table(const mail::MimeTree&, std::string_view letter);

/// nullptr: there is no such part.
const mail::IndexedPart* find_part(std::span<const mail::IndexedPart>, std::string_view section);

} // namespace posthouse::imap
