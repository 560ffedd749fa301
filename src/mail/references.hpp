// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/header_block.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// How letters belong together: RFC 5256 §3 (REFERENCES), RFC 5322 §3.6.4.
namespace posthouse::mail {

/// With its brackets; a quoted local part that needs no quotes has none: two ways to write one id
/// become one.
std::string normal_message_id(std::string_view id);

/// The letter's own, normal; empty if it has none.
std::string own_message_id(const HeaderBlock&);

/// Its forebears, normal, the oldest first: those of References or, without any, the first of
/// In-Reply-To. Of more than `most` the first and the last ones are kept. None twice.
std::vector<std::string> referred_ids(const HeaderBlock&, std::size_t most);

} // namespace posthouse::mail
