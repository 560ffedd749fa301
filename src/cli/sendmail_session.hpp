// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/sendmail_envelope.hpp"
#include "mail/drop.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Handing a letter to the running server, by SMTP: RFC 5321 §3.3.
namespace posthouse::cli {

/// The server, as bytes that come and go. Nothing of a peer is trusted but that it is ours.
class SubmissionLine {
public:
    virtual ~SubmissionLine() = default;
    /// All of it; false: the server has gone.
    virtual bool send(std::string_view) = 0;
    /// What comes next; "": the server has gone, or takes too long.
    virtual std::string receive() = 0;
};

struct ServerReply {
    int code = 0;     // 0: there was none.
    std::string text; // Its lines, with spaces between them.
};

struct SubmissionLimits {
    static constexpr std::size_t line_bytes = 4096;
    static constexpr std::size_t reply_lines = 100;
};

/// A letter whose envelope is `drop`.
struct Submittal {
    const mail::Drop& drop;
    std::string_view greeting; // EHLO
    std::string_view header, body;
};

struct Submitted {
    /// How far the letter came.
    enum class End : std::uint8_t {
        accepted,    // for those who are not refused
        refused,     // for everyone, by `reply` or one by one
        interrupted, // The server went away, or is about to: before it had all of the letter.
        in_doubt,    // It went away behind the letter's end.
    } end = End::interrupted;
    std::vector<RefusedRecipient> refused;
    /// Beyond what the server takes in one letter: for another one.
    std::vector<mail::ForwardPath> left;
    ServerReply reply;
};

/// One letter over a new line.
Submitted submit(SubmissionLine&, const Submittal&);

/// The sysexits(3) of a reply: 5.1.2 is 68 (no host), other 5.1.x 67 (no user), 5.7.x 77, 4xx 75,
/// anything else 69.
int exit_code_of(int reply_code, std::string_view text);
/// Of a whole call: where some recipients were taken, 67 for one refused for good and 75 for one
/// to be tried again; where none was, the first refusal for good says it.
enum class Taken : std::uint8_t { none, some };
int exit_code_of(const std::vector<RefusedRecipient>&, Taken);

} // namespace posthouse::cli
