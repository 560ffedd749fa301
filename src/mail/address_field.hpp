// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/address_list.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace posthouse::mail {

/// A field of these addresses, folded between addresses and words, with its CRLF; nullopt: it has a
/// word that is too long to be written, or a control character.
std::optional<std::string> address_field(std::string_view name, std::span<const AddressEntry>);

} // namespace posthouse::mail
