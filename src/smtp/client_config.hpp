// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "smtp/client_login.hpp"
#include "smtp/reply_parser.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace posthouse::smtp {

/// What a host can make grow, and how much is sent to it before it has answered.
struct ClientLimits {
    ReplyLimits reply = {};
    /// Received and not looked at. A host that says more than this before being asked is cut off.
    std::size_t unread_bytes = 256 * 1024;
    /// Of a host's words, kept in each outcome.
    std::size_t outcome_text_bytes = 512;
    /// One transaction; the rest is for the next. RFC 5321 §4.5.3.1.8: every host takes 100. A
    /// host that announces a lower RCPTMAX (RFC 9422) gets no more than that.
    std::size_t recipients = 100;
    /// Commands that a pipelining host has not answered yet. Few enough that neither side's
    /// socket buffers can fill while the other waits (RFC 2920 §3.1).
    std::size_t commands_in_flight = 128;
    /// With CHUNKING and PIPELINING, a letter up to this size goes out together with its envelope,
    /// in one flight. A larger one waits for the answers to the recipients.
    std::uint64_t one_flight_bytes = 64 * 1024;
    /// Challenges of one login. Of the mechanisms here none needs more than two.
    std::size_t challenges = 8;
};

/// How long to wait, and for what. RFC 5321 §4.5.3.2.
struct ClientTimeouts {
    Duration greeting = std::chrono::minutes(5);
    Duration helo = std::chrono::minutes(5);
    Duration tls = std::chrono::minutes(2); // The handshake, and the reply to STARTTLS.
    Duration mail = std::chrono::minutes(5);
    Duration rcpt = std::chrono::minutes(5);
    Duration data = std::chrono::minutes(2);
    Duration block = std::chrono::minutes(3); // Sending, each piece.
    Duration end_of_data = std::chrono::minutes(10);
    Duration quit = std::chrono::seconds(5);
    /// All of one letter but the wait for its last reply, on top of its size at `slowest`. Bounds
    /// what a host gains by being just within each of the times above.
    Duration letter = std::chrono::minutes(30);
    std::uint64_t slowest_bytes_per_second = 1024;
};

enum class ClientTlsPolicy : std::uint8_t {
    never,
    opportunistic, // If offered. Where it does not work out: reconnect in the clear.
    required,      // Nothing but STARTTLS before it.
};

/// What the connection is when the session begins.
enum class ClientChannel : std::uint8_t {
    clear,
    tls, // RFC 8314 §3: no STARTTLS.
};

/// What TLS shows of the host by the time that the driver reports it established.
enum class ClientTrust : std::uint8_t {
    none,
    verified, // It is the host that was meant: a password may be shown to it.
};

enum class ClientProtocol : std::uint8_t {
    smtp,
    lmtp, // RFC 2033: LHLO, and a reply for each recipient behind the letter.
};

struct ClientConfig {
    std::string hostname; // What EHLO says: our name, or an address literal.
    ClientTlsPolicy tls = ClientTlsPolicy::opportunistic;
    ClientChannel channel = ClientChannel::clear;
    ClientProtocol protocol = ClientProtocol::smtp;
    ClientTrust trust = ClientTrust::none;
    /// Log in before the first letter, and send none where that does not work. Only with TLS; PLAIN
    /// and LOGIN only where it is verified.
    std::shared_ptr<const SaslClient> login = {};
    ClientLimits limits = {};
    ClientTimeouts timeouts = {};
};

} // namespace posthouse::smtp
