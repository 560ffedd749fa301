// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "mail/sasl_response.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace posthouse::smtp {

/// Everything that a peer can make grow, or take, stands here.
struct ServerLimits {
    // ---- Sizes ----
    /// A command with its CR LF. RFC 5321 §4.5.3.1.4 asks for 512, and the extensions add to it:
    /// RFC 1870 §3 26, RFC 6152 §2 17, RFC 6531 §3.1 10 (and UTF-8 paths),
    /// RFC 3461 §10 107 for MAIL and 528 for RCPT.
    /// RFC 4954 §5 500 for MAIL.
    std::size_t command_line_bytes = 2048;
    /// A line of a login: RFC 4954 §4.
    std::size_t login_line_bytes = mail::sasl_line_bytes;
    /// A line of a letter with its CR LF, where it is text. RFC 5321 §4.5.3.1.6 asks for 1000;
    /// programs that write HTML in one line are many, and what can carry such a line onwards is
    /// not this side's question. 0: no limit.
    std::size_t text_line_bytes = 100'000;
    /// Announced as SIZE (RFC 1870 §4). 0: no limit.
    std::uint64_t message_bytes = 50 * 1024 * 1024;
    /// Recipients of one letter. RFC 5321 §4.5.3.1.8 asks for 100. Announced as RCPTMAX.
    std::size_t recipients = 1000;

    // ---- Counts in one session; when one is passed, the peer gets a 421 ----
    std::size_t errors = 20; // A committed letter starts this count and that of junk anew.
    std::size_t refused_recipients = 100;
    std::size_t failed_logins = 5;
    /// NOOP, RSET, VRFY, HELP, ETRN, and EHLO or HELO again; each further one is an error.
    std::size_t junk_commands = 100;
    std::size_t commands = 200'000;
    std::size_t letters = 10'000; // MAIL commands. Announced as MAILMAX.

    // ---- Time ----
    /// For one command, or to take what is sent to it. RFC 5321 §4.5.3.2.7 asks for 5 minutes.
    /// In a letter: how long altogether a peer may be slower than `bytes_per_second`.
    Duration patience = std::chrono::minutes(5);
    /// A letter's bytes earn patience back, up to the above, at this rate. 0: any byte earns all.
    std::uint64_t bytes_per_second = 1024;
    /// For everything.
    Duration session = std::chrono::hours(24);
    /// How long a session that is to drain waits for a command on which to say so.
    Duration drain_patience = std::chrono::seconds(2);
};

/// The extensions on offer. What is not offered is refused when it is used.
struct ServerExtensions {
    bool pipelining = true;            // RFC 2920
    bool size = true;                  // RFC 1870
    bool eight_bit_mime = true;        // RFC 6152
    bool smtputf8 = true;              // RFC 6531
    bool chunking = true;              // RFC 3030
    bool enhanced_status_codes = true; // RFC 2034
    bool limits = true;                // RFC 9422
    bool dsn = true;                   // RFC 3461
    bool etrn = false;                 // RFC 1985
    /// RFC 3030, with `chunking` only. Off by default: a letter so taken can go on only to hosts
    /// that take it so too.
    bool binary_mime = false;
};

enum class TlsPolicy : std::uint8_t {
    none,
    offered,  // STARTTLS, RFC 3207
    required, // STARTTLS, and no MAIL without it
    implicit, // The driver has TLS up before the session begins: RFC 8314 §3
};

/// What to do with a CR or LF that is not half of a CR LF in DATA. In neither case does it end a
/// line, let alone the data, while reading. In BDAT it is refused always.
enum class BareLineEnds : std::uint8_t {
    refuse,
    repair, // Each becomes a CR LF.
};

enum class ServerProtocol : std::uint8_t {
    smtp,
    lmtp, // RFC 2033: LHLO, and one reply for each recipient at a letter's end
};

enum class LoginPolicy : std::uint8_t {
    none,
    offered,  // AUTH, RFC 4954
    required, // AUTH, and no MAIL without it: RFC 6409 §4.3
};

/// What the sessions of one listener have in common.
struct ServerConfig {
    std::string hostname;
    ServerProtocol protocol = ServerProtocol::smtp;
    ServerExtensions extensions = {};
    TlsPolicy tls = TlsPolicy::none;
    LoginPolicy login = LoginPolicy::none;
    BareLineEnds bare_line_ends = BareLineEnds::refuse;
    ServerLimits limits = {};
};

} // namespace posthouse::smtp
