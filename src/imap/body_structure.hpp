// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/envelope.hpp"
#include "mail/mime.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// BODY and BODYSTRUCTURE as FETCH sends them: RFC 9051 §7.5.2.
namespace posthouse::imap {

enum class BodyForm : std::uint8_t {
    plain,    ///< BODY: without extension data
    extended, ///< BODYSTRUCTURE
};

/// The whole value: `("TEXT" …)`. `letter` is what the tree was parsed from.
std::string body_structure_text(const mail::MimeTree&, std::string_view letter, BodyForm,
                                const EnvelopeLimits& = {});

} // namespace posthouse::imap
