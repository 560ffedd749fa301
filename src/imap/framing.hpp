// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/input_buffer.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

/// Cuts what a client says into commands: lines and literals, RFC 9051 §2.2.1 and §4.3; RFC 7888
/// (literals that do not wait), RFC 3516 §4.4 (literal8).
namespace posthouse::imap {

/// Literals that do not wait: of any size the limits allow (LITERAL+), or of 4096 bytes at most
/// (LITERAL-, RFC 7888 §5).
enum class LiteralMode : std::uint8_t { plus, minus };

struct FramingLimits {
    std::size_t command_bytes = 64 * 1024;    ///< All lines of a command, without its literals.
    std::size_t literal_bytes = 64 * 1024;    ///< One collected literal.
    std::size_t literals_bytes = 256 * 1024;  ///< All collected literals of a command.
    std::size_t literals = 1000;              ///< Their number.
    std::uint64_t message_bytes = 1ULL << 30; ///< One message of APPEND or REPLACE.
    /// Before the login, where nobody is known yet, commands and literals are held to this.
    std::size_t stranger_bytes = 8 * 1024;
    LiteralMode mode = LiteralMode::plus;
};

namespace frame {

/// Nothing can be said before more is fed.
struct NeedsInput {};
/// The client waits to be told to go on: send "+ OK".
struct Continue {};
/// A whole command: see parse_command(). Its text is emptied of the framer's memory.
struct Command {
    std::string text;
};
/// APPEND or REPLACE up to a message's bytes ("… {310}"), or what stands between two of their
/// literals. The framer stands still until accept_message() or refuse_message().
struct MessageHead {
    std::string text;
    bool first = true; ///< The command begins here.
    std::uint64_t bytes = 0;
};
/// Some of the message's bytes; valid until the framer's next call.
struct MessageBytes {
    std::string_view bytes;
    bool last = false; ///< None follow in this literal.
};
/// Behind the last literal of APPEND or REPLACE: the rest of the command. May be empty.
struct MessageTail {
    std::string text;
};
/// The line that expect_line() asked for, without its end.
struct Line {
    std::string text;
};
/// A command, or a line asked for, that is not passed on; it was read to its end. Nothing of a
/// MessageHead that was announced before will follow.
struct Refused {
    enum class Why : std::uint8_t {
        line_too_long,     ///< BAD [TOOBIG]
        literal_too_long,  ///< BAD [TOOBIG] (RFC 7888 §4)
        message_too_long,  ///< NO [TOOBIG] (RFC 9051 §7.1)
        literal_minus,     ///< BAD: more than 4096 bytes without waiting (RFC 7888 §5)
        malformed_literal, ///< BAD
        line_not_text,     ///< BAD: a NUL, or a bare CR
    };
    Why why = Why::line_too_long;
    std::string tag; ///< "*" if it has none that could be made out.
};

} // namespace frame

using Frame = std::variant<frame::NeedsInput, frame::Continue, frame::Command, frame::MessageHead,
                           frame::MessageBytes, frame::MessageTail, frame::Line, frame::Refused>;

/// The client's bytes in, commands out. What is behind the present command stays in the buffer
/// until next() is called again, so that a session serves commands in their order, one at a time.
/// Memory: the limits, and what feed() was given at one time.
///
/// A line ends with CRLF, or with LF alone as hand-written clients have it; a CR elsewhere is
/// refused.
class Framer {
public:
    explicit Framer(const FramingLimits& limits) : limits_(limits) {}

    void feed(std::string_view bytes) { input_.append(bytes); }
    Frame next();

    /// The answer to a MessageHead. Accepted: a client that waits is told by frame::Continue, and
    /// the bytes follow. Refused: they are passed over if the client does not wait for leave, and
    /// so is the rest of the command; the next frame is of the next command.
    void accept_message();
    void refuse_message();
    /// Gives up the APPEND or REPLACE under way at any later point: the rest is passed over, and
    /// the next frame is of the next command. The client's next synchronising literal in it would
    /// wait for ever, so it is not awaited (the tagged NO is the answer: RFC 3502 §3).
    void abandon_message();

    /// The next frame but NeedsInput is a Line (or Refused): a response to AUTHENTICATE, the DONE
    /// of IDLE.
    void expect_line(std::size_t most_bytes);

    /// The peer is known from now on: full limits.
    void trust() { trusted_ = true; }
    void distrust() { trusted_ = false; }

    /// STARTTLS: what came before the handshake was never said (RFC 9051 §11.1).
    void discard_input() { input_.clear(); }
    /// COMPRESS: what was behind that command is compressed already.
    std::string take_input();
    bool has_input() const { return !input_.empty(); }

private:
    enum class State : std::uint8_t {
        text,          // Collecting a command's text
        literal,       // Collecting a literal into it
        message_head,  // Waiting for accept_message() or refuse_message()
        message_bytes, // Passing on a message's bytes
        line,          // expect_line()
        skip_literal,  // Passing over a literal, then the text behind it
        skip_line,     // Passing over a line, which may announce another literal
    };
    struct Literal {
        std::uint64_t bytes = 0;
        bool waits = false, binary = false;
    };

    Frame read_text();
    Frame read_literal();
    Frame read_message();
    Frame read_expected_line();
    Frame skip_literal();
    Frame skip_line();
    Frame announced(Literal);
    Frame begin_refusal(frame::Refused::Why, std::uint64_t to_skip, State);
    Frame finish_refusal();
    void forget_command();

    FramingLimits limits_;
    InputBuffer input_;
    bool trusted_ = false;
    State state_ = State::text;
    std::string text_;           // The command so far, or the segment of an APPEND
    std::string tag_;            // Of the APPEND under way
    std::size_t scanned_ = 0;    // Bytes of the input without a line end
    std::size_t line_bytes_ = 0; // Of the command, without literals
    std::size_t literal_bytes_ = 0, literals_ = 0;
    std::uint64_t left_ = 0; // Of the literal
};

} // namespace posthouse::imap
