// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/address.hpp"
#include "smtp/reply_parser.hpp"
#include "smtp/server_steps.hpp" // BodyType

#include <cstdint>
#include <string>
#include <vector>

/// A letter to be sent, and what became of it.
namespace posthouse::smtp {

/// What to do with an 8-bit letter and a host without 8BITMIME. (Converting it is not done here.)
enum class EightBitTo7BitHost : std::uint8_t {
    send_anyway, // Nearly every such host takes it.
    fail,
};

struct OutgoingRecipient {
    mail::ForwardPath path;
    /// NOTIFY and ORCPT as they go on the wire (RFC 3461 §4), said to a host that offers DSN.
    std::string dsn_parameters = {};
};

/// One letter to one host. Its bytes come through ClientSession::body().
struct Outgoing {
    mail::ReversePath sender = {};
    std::vector<OutgoingRecipient> recipients = {}; // At least one.
    /// Exactly as many as body() will bring. Lines end in CR LF, nothing is dot-stuffed.
    std::uint64_t size_bytes = 0;
    BodyType body = BodyType::seven_bit;
    /// utf8: its header is internationalized (RFC 6532). Addresses are looked at here.
    mail::Charset header = mail::Charset::ascii;
    EightBitTo7BitHost eight_bit_to_7bit_host = EightBitTo7BitHost::send_anyway;
    std::string dsn_parameters = {}; // RET and ENVID (RFC 3461 §4.3).
    /// Is it known to be the last for this connection? Then QUIT goes along with its end.
    enum class Afterwards : std::uint8_t { stay, quit } afterwards = Afterwards::stay;
    /// envelope: the host is only asked whether it would take the recipients. "Delivered" then
    /// means that it would, with its reply to RCPT.
    enum class Extent : std::uint8_t { letter, envelope } extent = Extent::letter;
};

enum class Disposition : std::uint8_t {
    delivered, // The host has taken it over.
    deferred,  // Try again later.
    failed,    // For good.
    /// Not refused, and nobody is at fault: send again at once, in a new transaction. On this
    /// connection if it is reusable; otherwise (a reused connection had gone stale) on a new one.
    /// On a new connection never for all recipients of a letter, so that each round ends some.
    retry_now,
};

/// Where in the conversation it was decided.
enum class Stage : std::uint8_t {
    connect, // For the driver's own use.
    greeting,
    helo,
    tls,
    login,
    mail,
    rcpt,
    data,
    end_of_data,
};

/// Whose fault it is that it was not delivered.
enum class Fault : std::uint8_t {
    none,
    recipient,
    letter, // Its sender, size, contents; or our own reading of it.
    /// The host, or the way to it. Counts against the site, and the next host should be tried; the
    /// disposition is what holds if there is none.
    site,
};

/// What decided it.
enum class Cause : std::uint8_t {
    reply, // The host said so.
    disconnected,
    timed_out,
    protocol_error, // What the host said made no sense.
    tls_failed,
    tls_not_offered,
    cannot_log_in, // The host offers no way that may be used, or failed to prove itself.
    too_large,     // For the size that the host announced. Not sent.
    not_supported, // The letter needs an extension that the host lacks. Not sent.
    not_read,      // The letter's own bytes could not be had.
    not_sent,      // More recipients than go into one transaction.
};

/// What became of one recipient.
struct Outcome {
    Disposition disposition = Disposition::deferred;
    Fault fault = Fault::none;
    Stage stage = Stage::connect;
    Cause cause = Cause::disconnected;
    /// The end of the data was sent, but its reply never came: the host may have delivered it, and
    /// the next attempt may do so again.
    bool may_be_duplicated = false;
    int code = 0;        // The host's; 0 if it said nothing to this.
    EnhancedCode status; // The host's, or made from its code, or ours. Class as the disposition.
    std::string text;    // The host's own words if there is a code; otherwise ours. Printable.

    bool try_next_host() const { return fault == Fault::site; }
    /// "550 5.1.1 No such user", for a log or a Diagnostic-Code (RFC 3464 §2.3.6).
    std::string summary() const;
};

struct LetterResult {
    std::vector<Outcome> outcomes; // One for each recipient, in order.
    enum class Connection : std::uint8_t { reusable, spent } connection = Connection::spent;

    /// How many have this disposition?
    std::size_t count(Disposition) const;
};

/// What the host's reply to something at this stage means.
Outcome outcome_of(Stage, const RemoteReply&, std::size_t text_bytes = 512);
/// An outcome for which the host gave no words of its own.
Outcome outcome_of(Stage, Cause, EnhancedCode status, std::string text);

} // namespace posthouse::smtp
