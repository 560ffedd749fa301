// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/input_buffer.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "pop3/command.hpp"
#include "pop3/limits.hpp"
#include "pop3/session_steps.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::pop3 {

struct Config {
    std::string hostname;
    bool offer_tls = false;    // STLS, RFC 2595 §4
    bool implicit_tls = false; // The connection is protected from its first byte.
    /// RFC 2449 §6.5 and §6.7; what enforces them is not the session.
    std::chrono::seconds login_delay = {};
    std::optional<std::size_t> expire_days = {}; // Nothing: NEVER
    Limits limits = {};
};

/// One POP3 server session without I/O: RFC 1939 (without APOP), CAPA and response codes
/// (RFC 2449, RFC 3206), STLS (RFC 2595), AUTH (RFC 5034), UTF8 and LANG (RFC 6856).
///
/// A login is a dialogue whose mechanisms the driver knows; USER and PASS are one of PLAIN.
/// Messages leave as they are stored, in UTF-8 mode and without it: those whose headers hold UTF-8
/// are not rewritten for a client that did not say UTF8, as no client that can read mail needs it.
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
    void answer(LoginAnswer);
    void answer(std::expected<Maildrop, OpenFailure>);
    void answer(Deletion);
    void message_piece(std::string_view bytes);
    void message_failed();

    /// What AUTH offers from now on, in this order and in upper case; USER and PASS come with
    /// PLAIN. Before the session's first step, and after the handshake, since that changes what may
    /// be offered. Nothing to begin with.
    void offer_mechanisms(std::vector<std::string> mechanisms)
    {
        mechanisms_ = std::move(mechanisms);
    }

private:
    struct Transaction;
    struct LoginUnderWay;
    enum class Phase : std::uint8_t {
        command,
        login,      // What the client said is to be told to the driver.
        response,   // The client's, to a challenge
        last_words, // Its empty one, to what the server had to say last
        given_up,   // Of which the driver is to hear.
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
    std::optional<Step> read_response(Instant now);
    std::optional<std::size_t> line_end(std::size_t limit);
    bool skip_line();
    Step pass_login_on();
    Step cancel_login();
    std::optional<Step> read_message();
    std::optional<Step> delete_messages();
    Step ask(Question, Step);
    Step send(Instant now);
    void continue_listing();
    void finish_message();

    void execute(const Command&);
    void on(const command::User&);
    void on(const command::Pass&);
    void on(const command::Auth&);
    void on(const command::Stls&);
    void on(const command::Utf8&);
    void on(const command::Language&);
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

    bool takes_passwords() const;
    void refuse_clear_login();
    void challenge_with(std::string_view bytes);
    void give_login_up(std::string_view because);
    void refuse_login(LoginRefused);
    std::optional<std::uint32_t> index_of(std::uint64_t number); // Otherwise it has refused.
    void add_listing(std::uint32_t index, Column);
    void answer_listing(std::optional<std::uint64_t> message, Column);
    void start_message(std::uint32_t index, std::optional<std::uint64_t> lines);
    void ok(std::string_view text);
    void error(std::string_view text);  // The world's fault.
    void refuse(std::string_view text); // The peer's: it counts.
    void close(CloseReason);

    std::shared_ptr<const Config> config_;
    std::vector<std::string> mechanisms_;
    InputBuffer input_;
    std::string output_; // Not sent yet: pipelined commands are answered in one go.
    std::string user_;
    std::unique_ptr<LoginUnderWay> login_;     // From PASS or AUTH to its end
    std::unique_ptr<Transaction> transaction_; // From the login on
    std::optional<Instant> waiting_since_;     // For this command or response
    Phase phase_ = Phase::command;
    Question question_ = Question::none;
    CloseReason close_reason_ = CloseReason::quit;
    bool tls_ = false;
    bool skipping_ = false; // A line that is too long
    std::uint16_t errors_ = 0;
    std::uint16_t failed_logins_ = 0;
};

} // namespace posthouse::pop3
