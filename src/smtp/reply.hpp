// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace posthouse::smtp {

/// What a server says to one command (RFC 5321 §4.2): a code, and one or more lines of text
/// that begin with an enhanced status code (RFC 2034, RFC 3463) where one applies.
struct Reply {
    int code;
    std::vector<std::string> lines;

    Reply(int reply_code, std::string line) : code(reply_code) { lines.push_back(std::move(line)); }
    Reply(int reply_code, std::vector<std::string> text) : code(reply_code), lines(std::move(text))
    {
    }

    bool is_success() const { return code / 100 == 2; }
    bool is_transient_failure() const { return code / 100 == 4; }
    bool is_permanent_failure() const { return code / 100 == 5; }

    bool operator==(const Reply&) const = default;
};

/// The answer to a question put to the backend: go ahead, or refuse with this reply (4yz or
/// 5yz). A refusal with 421 ends the session.
using Verdict = std::expected<void, Reply>;

/// The enhanced status code that the text begins with, such as "5.1.1"; empty if there is none.
std::string_view enhanced_status(const Reply&);

/// Appends the reply as it goes on the wire. Text that could break out of its line is defused,
/// so that a backend may quote what the peer sent; a line over 512 bytes (RFC 5321 §4.5.3.1.5)
/// is cut.
void append_reply(std::string& to, const Reply&);
/// The same for a reply of one line, without making a Reply of it.
void append_reply(std::string& to, int code, std::string_view line);

} // namespace posthouse::smtp
