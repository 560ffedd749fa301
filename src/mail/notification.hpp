// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "mail/address.hpp"
#include "mail/notification_words.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The letter that tells a sender what became of a letter: a multipart/report (RFC 6522) with a
/// delivery status (RFC 3464, RFC 6533). It goes out with the null reverse-path.
namespace posthouse::mail {

/// What became of a recipient's letter: RFC 3464 §2.3.3.
enum class Action : std::uint8_t {
    failed,
    delayed, // it is still being tried
    delivered,
    relayed,  // passed on to a host that does not tell of deliveries
    expanded, // passed on to those whom the address stands for
};

struct ToldRecipient {
    ForwardPath recipient; ///< As it was accepted, so that nobody learns where mail is sent on to.
    Action action = Action::failed;
    /// The enhanced status code (RFC 3463 §2); one that does not fit the action becomes 5.0.0,
    /// 4.0.0 or 2.0.0.
    std::string status = {};
    /// In the words of who said it. Any bytes; a line end in it is kept in the letter's text.
    std::string reason = {};
    /// The host whose words they are; nothing if they are ours.
    std::string remote_host = {};
    /// ORCPT (RFC 3461 §4.2), decoded: "rfc822;fred@example.com". Nothing: it was not said.
    std::string original = {};
    std::string output = {};        ///< Of a program. Any bytes.
    std::string final_address = {}; ///< What the recipient became; for the words alone.
    std::optional<Timestamp> tried_at = {};
    std::optional<Timestamp> retry_until = {}; ///< Of what is delayed.
};

struct Notification {
    enum class Purpose : std::uint8_t {
        report,
        double_bounce, ///< To the postmaster, about a letter with the null sender.
    };
    enum class Returned : std::uint8_t {
        header,
        whole, ///< Where somebody's letter failed (RFC 3461 §6.2) and it fits a report.
    };

    Domain host;        ///< Ours, which reports.
    Mailbox postmaster; ///< The From of the letter.
    /// The sender of the letter that it is about; postmaster if it had the null one.
    Mailbox to;
    std::vector<ToldRecipient> told; ///< At least one.
    std::size_t untold = 0;          ///< How many more there are.
    Purpose purpose = Purpose::report;
    /// The letter from its beginning; at least its header, of which a part comes along.
    std::string_view original = {};
    Returned returned = Returned::header;
    Charset charset = Charset::ascii; ///< utf8: the letter came with SMTPUTF8.
    std::string envelope_id = {};     ///< ENVID, decoded. Nothing: it was not said.
    std::string letter_id = {};       ///< Ours.
    std::optional<Timestamp> received_at = {};
    std::string received_from = {}; ///< A host's name or address.
    /// Of the notification, with its brackets; not to be foreseen by who sent the original, since
    /// the boundary is made of it.
    std::string message_id;
    Timestamp at;
};

struct NotificationLimits {
    std::size_t header_bytes = 32768;  ///< Of the original's header; only whole fields come along.
    std::size_t whole_bytes = 1 << 20; ///< A larger original comes with its header alone.
    std::size_t reason_bytes = 2048;
    std::size_t output_bytes = 4096;
    std::size_t text_bytes = 131072; ///< Of the readable part; then nobody else is named there.
};

/// The letter: lines that end with CRLF and have 998 bytes at most. It is 7-bit, but for a To or
/// From that is not ASCII (it then needs SMTPUTF8) and for an original that is returned whole and
/// has 8-bit bytes (it then needs 8BITMIME, and says so).
std::string notification_letter(const Notification&,
                                const NotificationWords& = words_of(Language::english),
                                const NotificationLimits& = {});

} // namespace posthouse::mail
