// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "mail/address.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// The letter that tells a sender what could not be delivered: a multipart/report (RFC 6522) with
/// a delivery status (RFC 3464). It goes out with the null reverse-path.
namespace posthouse::mail {

struct FailedRecipient {
    ForwardPath recipient;
    /// The enhanced status code (RFC 3463 §2); what does not have its form becomes 5.0.0.
    std::string status;
    /// In the words of who refused it. Any bytes; a line end in it is kept in the letter's text.
    std::string reason;
    /// The host whose words they are; nothing if they are ours.
    std::string remote_host;
};

struct NonDelivery {
    Domain host;        ///< Ours, which reports.
    Mailbox postmaster; ///< The From of the letter.
    /// The sender of the failed letter; postmaster if it had the null one.
    Mailbox to;
    std::vector<FailedRecipient> failed; ///< At least one.
    /// The failed letter from its beginning; at least its header, of which a part comes along.
    std::string_view original;
    /// Of the notification, with its brackets; not to be foreseen by who sent the original, since
    /// the boundary is made of it.
    std::string message_id;
    Timestamp at;
};

struct NotificationLimits {
    std::size_t header_bytes = 32768; ///< Of the original's header; only whole fields come along.
    std::size_t reason_bytes = 2048;
};

/// The letter: 7-bit but for a To or From that is not ASCII (it then needs SMTPUTF8), lines that
/// end with CRLF and have 998 bytes at most.
std::string notification_letter(const NonDelivery&, const NotificationLimits& = {});

} // namespace posthouse::mail
