// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/input_buffer.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a server answers, from the client's side: RFC 5321 §4.2, RFC 2034, RFC 3463.
namespace posthouse::smtp {

/// An enhanced status code, such as 5.1.1: class, subject, detail. RFC 3463 §2.
struct EnhancedCode {
    std::uint8_t status = 0; // 2, 4 or 5; 0 for none.
    std::uint16_t subject = 0;
    std::uint16_t detail = 0;

    /// "5.1.1"
    std::string text() const;
    bool operator==(const EnhancedCode&) const = default;
};

/// The code that `text` begins with, if it is one, stands alone and is below 1000 in its parts.
std::optional<EnhancedCode> leading_enhanced_code(std::string_view text);

/// One whole reply of the remote host. Its words are printable and bounded.
struct RemoteReply {
    int code = 0;                         // 200 to 599; the last line's.
    std::optional<EnhancedCode> enhanced; // The last line's; only one of the code's own class.
    std::vector<std::string> lines;       // Without the reply code; with the enhanced one.

    int severity() const { return code / 100; }
    /// The lines without enhanced codes, joined by a space, at most `most` bytes.
    std::string words(std::size_t most) const;
};

/// What a server can make grow.
struct ReplyLimits {
    /// Kept of a line, without its end; the rest is read and dropped. RFC 5321 §4.5.3.1.5: 512.
    std::size_t line_bytes = 1024;
    /// Of one reply; RFC 5321 names no limit. A server that says more is not listened to further.
    std::size_t lines = 128;
    /// Read for one line before the server is not listened to further.
    std::size_t dropped_bytes = 64 * 1024;
};

/// Why what came is no reply. Nothing further can be read from such a server.
enum class ReplyFault : std::uint8_t {
    not_a_reply,      // A line without a code of 200 to 599, or with something odd behind it.
    mismatched_codes, // Lines of one reply of different classes. Within a class, the last is meant.
    too_long,
};

/// Cuts a server's bytes into replies.
class ReplyParser {
public:
    explicit ReplyParser(ReplyLimits limits = {}) : limits_(limits) {}

    /// May be called at any time; what is not taken by next() is kept.
    void receive(std::string_view bytes) { input_.append(bytes); }

    /// The next whole reply; nothing if more bytes are needed. After a fault, only faults.
    std::expected<std::optional<RemoteReply>, ReplyFault> next();

    /// After a fault: the line at which it came to light, as far as it was kept. Not printable.
    std::string_view faulty_line() const { return fault_ ? std::string_view(line_) : ""; }
    /// Nothing was received that no reply has used up.
    bool empty() const { return input_.empty() && line_.empty() && partial_.lines.empty(); }
    std::size_t buffered_bytes() const { return input_.view().size(); }

private:
    /// Takes the next line into line_; false if it is not whole yet.
    bool take_line();
    /// Adds line_ to the reply; true if that ended it.
    std::expected<bool, ReplyFault> add_line();

    ReplyLimits limits_;
    InputBuffer input_;
    std::string line_;          // As much of the line as has come, within the limit.
    std::size_t line_read_ = 0; // How much of the line has come.
    RemoteReply partial_;
    std::optional<ReplyFault> fault_;
};

} // namespace posthouse::smtp
