// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/input_buffer.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "pop3/command.hpp"
#include "pop3/limits.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace posthouse::pop3 {

struct Config {
    std::string hostname;
    bool offer_tls = false;      // STLS, RFC 2595 §4
    bool implicit_tls = false;   // The connection is protected from its first byte.
    bool plaintext_auth = false; // Take passwords on an unprotected connection too.
    Limits limits = {};
};

/// One message as it was when the session began.
struct Message {
    std::uint64_t octets = 0; // As stored.
    std::string uidl;         // RFC 1939 §7: 1 to 70 characters from 0x21 to 0x7E, never used twice
};
using Maildrop = std::vector<Message>;

enum class Login : std::uint8_t {
    accepted,
    refused,     // Name or password is wrong.
    unavailable, // It could not be found out.
};
enum class OpenFailure : std::uint8_t { in_use, unavailable };
enum class Deletion : std::uint8_t { done, failed };

enum class CloseReason : std::uint8_t {
    quit,
    disconnected,
    timed_out,
    errors,
    failed_logins,
    line_too_long,
    injection, // Bytes in the clear behind STLS
    message_lost,
};

/// What the session asks its driver to do next; these are all the ways in which it touches the
/// world. Messages are named by their index in the maildrop, from 0.
namespace step {

struct Read { // -> receive(), or disconnected(). Nothing by `until`: just call next() again.
    Instant until;
};
struct Send { // Failing to by `until` -> disconnected().
    std::string bytes;
    Instant until;
};
struct Wait { // Read nothing; at `until` call next() again. (Or disconnected().)
    Instant until;
};
struct StartTls { // -> tls_established(), or disconnected().
    Instant until;
};
struct Authenticate { // -> answer(Login)
    std::string user;
    Secret password;
};
struct OpenMaildrop { // Of the user who was just accepted. -> answer(expected<Maildrop, …>)
};
struct ReadMessage { // -> message_piece(): 1 to `length` bytes; or message_failed().
    std::uint32_t index = 0;
    std::uint64_t offset = 0;
    std::size_t length = 0; // Never beyond the message's octets.
};
struct DeleteMessages { // At QUIT only; ascending, not empty. -> answer(Deletion)
    std::vector<std::uint32_t> indices;
};
struct Close { // The end; do not call next() again.
    CloseReason why;
};

} // namespace step

using Step = std::variant<step::Read, step::Send, step::Wait, step::StartTls, step::Authenticate,
                          step::OpenMaildrop, step::ReadMessage, step::DeleteMessages, step::Close>;

/// One POP3 server session without I/O: RFC 1939 (without APOP), CAPA and response codes
/// (RFC 2449, RFC 3206), STLS (RFC 2595).
///
/// The session decides; a driver acts: it takes the step that next() hands out, carries it out,
/// reports with one of the calls named beside it, and repeats. At most one question is open at a
/// time; pipelined commands wait in the buffer. Nothing is deleted unless the peer says QUIT.
/// What leaves is handed out a piece at a time, so a session holds one piece of a message at most.
/// A connection lost with a question open: report it, and do not answer the question any more.
class Session {
public:
    explicit Session(std::shared_ptr<const Config>);
    ~Session();
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;

    /// The next thing to do. `now` is also how time gets in.
    Step next(Instant now);

    void receive(std::string_view bytes);
    void disconnected(); // At any time, with a question open too.
    void tls_established();
    void answer(Login);
    void answer(std::expected<Maildrop, OpenFailure>);
    void answer(Deletion);
    void message_piece(std::string_view bytes);
    void message_failed();

private:
    struct Transaction;
    enum class Phase : std::uint8_t {
        command,
        login,        // Name and password are to be checked.
        failed_login, // The answer is held back.
        maildrop,
        listing,
        message,
        deletion,
        handshake,
        closing,
    };
    enum class Question : std::uint8_t { none, login, maildrop, message, deletion, handshake };
    enum class Column : std::uint8_t { octets, uidl };

    std::optional<Step> advance(Instant now);
    std::optional<Step> read_command(Instant now);
    std::optional<Step> wait_for_peer(Instant now);
    std::optional<Step> hold_back(Instant now);
    std::optional<Step> read_message();
    std::optional<Step> delete_messages();
    Step ask(Question, Step);
    Step send(Instant now);
    void continue_listing();
    void finish_message();

    void execute(const Command&);
    void on(const command::User&);
    void on(const command::Pass&);
    void on(const command::Stls&);
    void on(const command::Capa&);
    void on(const command::Stat&);
    void on(const command::List&);
    void on(const command::Uidl&);
    void on(const command::Retrieve&);
    void on(const command::Top&);
    void on(const command::Delete&);
    void on(const command::Reset&);
    void on(const command::Noop&);
    void on(const command::Quit&);

    bool may_send_password() const;
    std::optional<std::uint32_t> index_of(std::uint64_t number); // Otherwise it has refused.
    std::string listing(std::uint32_t index, Column) const;
    void answer_listing(std::optional<std::uint64_t> message, Column);
    void start_message(std::uint32_t index, std::optional<std::uint64_t> lines);
    void ok(std::string_view text);
    void error(std::string_view text);  // The world's fault.
    void refuse(std::string_view text); // The peer's: it counts.
    void close(CloseReason);

    std::shared_ptr<const Config> config_;
    InputBuffer input_;
    std::string output_; // Not sent yet: pipelined commands are answered in one go.
    std::string user_;
    Secret password_;                          // Between PASS and the question
    std::unique_ptr<Transaction> transaction_; // From the login on
    std::optional<Instant> waiting_since_;     // For this command, or for the end of a delay
    Phase phase_ = Phase::command;
    Question question_ = Question::none;
    CloseReason close_reason_ = CloseReason::quit;
    bool tls_ = false;
    std::uint16_t errors_ = 0;
    std::uint16_t failed_logins_ = 0;
};

} // namespace posthouse::pop3
