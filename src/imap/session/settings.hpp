// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "imap/framing.hpp"
#include "imap/parser.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace posthouse::imap {

/// All that a client can make grow or last; what its commands may be like is in `framing` and
/// `parser`.
struct SessionLimits {
    FramingLimits framing;
    ParserLimits parser;

    std::size_t output_bytes = 64 * 1024;   ///< Answers are passed on when they are this long.
    std::uint32_t piece_bytes = 256 * 1024; ///< Of a letter, at one time.
    std::size_t page_messages = 4096;       ///< Asked for at one time.
    /// Header fields of one letter that are looked through for HEADER.FIELDS.
    std::size_t header_bytes = 1024 * 1024;
    std::size_t bad_commands = 20;          ///< In a row; then the client is sent away.
    std::size_t failed_logins = 3;          ///< Likewise.
    std::size_t contexts = 10;              ///< Searches kept up to date (RFC 5267 §4.3).
    std::size_t searched_messages = 50'000; ///< At one time
    std::size_t sorted_messages = 500'000;  ///< By one SORT or THREAD.
    std::size_t metadata_bytes = 60'000;    ///< Of one entry's value; the keeper's limit too.
    std::size_t watched_mailboxes = 5000;   ///< By NOTIFY
    std::size_t metadata_told = 1000;       ///< Changed entries that wait to be told

    Duration login = std::chrono::minutes(3);
    Duration idle = std::chrono::minutes(30);     ///< RFC 9051 §5.4: at least this
    Duration keepalive = std::chrono::minutes(2); ///< "* OK Still here" in IDLE; 0: never
    Duration progress = std::chrono::seconds(10); ///< Between [INPROGRESS]s, RFC 9585 §3
};

/// What a session is told when it begins.
struct SessionSettings {
    std::string hostname;
    bool offer_tls = false;      ///< STARTTLS
    bool implicit_tls = false;   ///< The connection is protected from its first byte.
    bool plaintext_auth = false; ///< Take passwords on an unprotected connection too.
    bool offer_compression = true;
    /// What names of others' mailboxes begin with (RFC 2342): "Other Users/"; empty: there are
    /// none.
    std::string others;
    std::set<std::string> without; ///< Capabilities that are not to be announced, in upper case.
    /// The largest letter that is taken, APPENDLIMIT (RFC 7889); 0: framing.message_bytes.
    std::uint64_t append_limit = 0;
    /// MESSAGELIMIT (RFC 9738): so many messages by one command; 0: any number.
    std::uint32_t message_limit = 0;
    std::vector<std::pair<std::string, std::string>> id = {{"name", "Posthouse"}};
    SessionLimits limits;
};

} // namespace posthouse::imap
