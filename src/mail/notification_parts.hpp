// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/notification.hpp"

/// What a notification is put together from.
namespace posthouse::mail {

enum class BodyEncoding : std::uint8_t { seven_bit, eight_bit, quoted_printable, base64 };

struct NotificationPart {
    std::string type; ///< The value of its Content-Type.
    BodyEncoding encoding;
    std::string content; ///< Encoded.
};

/// For people.
NotificationPart text_part(const Notification&, const NotificationWords&,
                           const NotificationLimits&);
/// For programs: RFC 3464 §2, RFC 6533 §4.1.
NotificationPart status_part(const Notification&, const NotificationLimits&);
/// The letter that it is about, or its header.
NotificationPart original_part(const Notification&, const NotificationLimits&);

bool tells_of(const Notification&, Action);
/// Content that needs no encoding: printable ASCII and tabs in lines of 998 bytes at most.
bool is_plain_text(std::string_view);
/// Content in whichever encoding is needed, and the shorter one of two.
NotificationPart encoded_part(std::string type, std::string content);

} // namespace posthouse::mail
