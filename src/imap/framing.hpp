// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/input_buffer.hpp"
#include "imap/literal.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
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
    std::size_t command_bytes = 64 * 1024;    ///< All lines of a command, without its literals; of
                                              ///< APPEND, those between two messages.
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
        line_too_long,    ///< BAD [TOOBIG]
        literal_too_long, ///< BAD [TOOBIG] (RFC 7888 §4)
        message_too_long, ///< NO [TOOBIG] (RFC 9051 §7.1)
        literal_minus,    ///< BAD: more than 4096 bytes without waiting (RFC 7888 §5)
        line_not_text,    ///< BAD: a NUL, or a bare CR
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

    void feed(std::string_view bytes);
    Frame next();

    /// The answer to a MessageHead. Accepted: a client that waits is told by frame::Continue, and
    /// the bytes follow. Refused: they are passed over if the client does not wait for leave, and
    /// so is the rest of the command; the next frame is of the next command.
    void accept_message();
    void refuse_message();
    /// Gives up the APPEND or REPLACE under way at any point between its first MessageHead and its
    /// MessageTail: the rest is passed over, and the next frame is of the next command. If the
    /// client announces another literal and waits, the tagged response is what it gets to hear
    /// (RFC 3502 §6.3.11).
    void abandon_message();

    /// The next frame but NeedsInput is a Line (or Refused): a response to AUTHENTICATE, the DONE
    /// of IDLE. Not within an APPEND or REPLACE.
    void expect_line(std::size_t most_bytes);

    /// Is the peer logged in, so that the full limits hold?
    void trust() { trusted_ = true; }
    void distrust() { trusted_ = false; }

    /// STARTTLS: what came before the handshake was never said (RFC 9051 §11.1).
    void discard_input();
    /// COMPRESS: what was behind that command is compressed already.
    std::string take_input();
    bool has_input() const { return input_.view().size() > lent_; }

private:
    enum class State : std::uint8_t {
        text,          // Collecting the text of a command, or of a segment of an APPEND
        literal,       // Collecting a literal into it
        message_head,  // Until accept_message() or refuse_message()
        message_bytes, // Lending a message's bytes
        skip_literal,  // Passing over a literal, then the line behind it
        skip_line,     // Passing over a line, and over the literals that it announces
    };

    std::optional<Frame> step();
    std::optional<Frame> read_text();
    std::optional<Frame> read_literal();
    std::optional<Frame> read_message();
    std::optional<Frame> read_expected_line();
    std::optional<Frame> skip_literal();
    std::optional<Frame> skip_line();

    Frame finish_text();
    std::optional<Frame> announced(const LiteralAnnouncement&);
    std::optional<Frame> begin_literal(const LiteralAnnouncement&);
    Frame refuse_line(frame::Refused::Why);
    Frame refuse_literal(frame::Refused::Why, const LiteralAnnouncement&);
    void skip_message_literal();
    std::size_t command_limit() const;
    void consume(std::size_t);
    void settle();
    void forget_command();

    FramingLimits limits_;
    InputBuffer input_;
    std::size_t lent_ = 0;    // Of the input: passed out in MessageBytes, to be consumed
    std::size_t scanned_ = 0; // Of the input: known to hold no line end
    State state_ = State::text;
    bool trusted_ = false;
    bool continue_ = false; // A frame::Continue is due.
    bool message_ = false;  // Within an APPEND or REPLACE, behind its first MessageHead

    std::string text_;           // Of the command or segment so far
    std::size_t text_bytes_ = 0; // Of the command so far without literals
    std::size_t literals_ = 0, literals_bytes_ = 0;
    std::string tag_; // Of the APPEND or REPLACE
    LiteralAnnouncement announced_;
    std::uint64_t left_ = 0;                // Of the literal
    std::string tail_;                      // Of the line that is passed over
    std::optional<std::size_t> line_limit_; // From expect_line()
};

} // namespace posthouse::imap
