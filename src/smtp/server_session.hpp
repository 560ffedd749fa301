// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/input_buffer.hpp"
#include "base/time.hpp"
#include "smtp/chunk_checker.hpp"
#include "smtp/command.hpp"
#include "smtp/data_decoder.hpp"
#include "smtp/reply.hpp"
#include "smtp/server_config.hpp"
#include "smtp/server_steps.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::smtp {

/// One SMTP server session (RFC 5321), without I/O.
///
/// The session decides; a driver acts. The driver is a loop: take the step that next() hands
/// out, carry it out, report what came of it with the call named beside the step, repeat. At
/// most one question is open at a time, so that a session never has to reconcile answers that
/// overtake each other; pipelined commands wait in the buffer.
///
/// A session is a plain value. It knows no socket, clock, thread or logger, so a test drives it
/// with a dozen lines (tests/smtp/server_rehearsal.hpp) and the server with a coroutine. Idle,
/// it holds no buffer.
///
/// AUTH (RFC 4954) is a dialogue whose mechanisms the backend knows; the session only carries it.
///
/// LMTP (RFC 2033) differs from this in its greeting and in one reply a recipient after the data.
class ServerSession {
public:
    static constexpr std::size_t piece_bytes = 64 * 1024;

    explicit ServerSession(std::shared_ptr<const ServerConfig>);

    /// The next thing to do. `now` is also how time gets in: past the `until` of a Read, the
    /// session gives up on the peer.
    ServerStep next(Instant now);

    void receive(std::string_view bytes);
    /// The connection is gone, or a Send or StartTls failed. Only instead of what a Read, Send or
    /// StartTls asks for; a question is always answered.
    void disconnected();
    void tls_established();
    void answer_recipients(std::vector<Verdict>);
    void answer_open(Verdict);
    void answer_commit(CommitVerdict); // For all recipients.
    /// LMTP only: one for each recipient that was accepted, in order.
    void answer_commit(std::vector<CommitVerdict>);
    void answer_etrn(Reply);
    void answer_login(LoginAnswer);

    /// What AUTH offers from now on, in this order and in upper case: before the session's first
    /// step, and after the handshake, since that changes what may be offered. Nothing to begin
    /// with.
    void offer_mechanisms(std::vector<std::string> mechanisms)
    {
        mechanisms_ = std::move(mechanisms);
    }

    /// The server is going down: the transaction that is under way, if any, may finish; then
    /// the peer gets a 421 for its next command, or without one after a while. At any time; a
    /// driver that waits in a Read is to drop the wait and call next().
    void drain() { draining_ = true; }

    const ServerPeer& peer() const { return peer_; }
    /// How many letters the peer has begun: tells one from the next.
    std::uint32_t letters() const { return letters_; }

private:
    enum class Phase : std::uint8_t {
        command,
        overlong_line,
        login,      // The client's response to a challenge
        last_words, // Its empty response to what the server had to say last
        data,
        chunk,
        handshake,
        farewell
    };
    enum class Question : std::uint8_t { none, recipients, open, commit, etrn, login };
    enum class Transfer : std::uint8_t { none, data, chunks }; // How the letter comes.

    // Reading and waiting: server_session.cpp
    void advance(Instant now);
    void read_command(Instant now);
    void skip_overlong_line(Instant now);
    void wait_for_peer(Instant now);
    bool flush(Instant now);
    void renew_patience();
    void ask(Question, ServerStep);
    void expect_answer_to(Question);
    void reply(int code, std::string_view line);
    void reply(const Reply&);
    void pass_on(const Reply&);
    void refuse(int code, std::string_view line);
    void refuse(const Reply&);
    void count_error();
    void close_after(std::string_view reason);
    void reset_transaction();

    // Commands: server_commands.cpp
    void execute(std::string_view line, std::size_t line_bytes);
    void on(command::Hello&);
    void on(command::MailFrom&);
    void on(command::RcptTo&);
    void on(command::Data&);
    void on(command::Bdat&);
    void on(command::Reset&);
    void on(command::Noop&);
    void on(command::Verify&);
    void on(command::Help&);
    void on(command::Etrn&);
    void on(command::StartTls&);
    void on(command::Auth&);
    void on(command::Quit&);
    std::optional<Reply> objection_to(const command::MailFrom&) const;
    bool fits_envelope(const command::RcptTo&) const;
    bool offers(const command::RcptTo&) const;
    void add_candidate(command::RcptTo&);
    void gather_candidates();
    void count_junk();
    Reply offer() const;
    bool offers_starttls() const;
    bool offers_binary_mime() const;
    bool offers_login() const;
    std::string_view completing_domain() const;
    bool is_lmtp() const { return config_->protocol == ServerProtocol::lmtp; }

    // The login: server_login.cpp
    void read_response(Instant now);
    std::optional<Reply> objection_to(const command::Auth&) const;
    void challenge_with(std::string_view bytes);
    void accept_login();
    void fail_login(const Reply&);
    void cancel_login(const Reply&);

    // The letter: server_message.cpp
    void read_data(Instant now);
    void read_chunk(Instant now);
    void finish_chunk();
    void open_message(Transfer);
    void finish_message();
    void end_letter(const Reply& objection);
    void conclude(const std::vector<CommitVerdict>&);
    std::optional<Reply> objection_to_message() const;
    void drop_if_unwanted();
    bool hand_out_piece(std::size_t at_least);
    void earn_patience(std::uint64_t bytes);

    enum class Message : std::uint8_t { none, open, unwanted }; // Unwanted: to be discarded.

    std::shared_ptr<const ServerConfig> config_;
    Phase phase_ = Phase::command;
    Question question_ = Question::none; // Asked by the step that waits to be handed out, or open.
    bool question_open_ = false;         // It was handed out.
    bool draining_ = false;
    ServerPeer peer_;

    std::uint32_t errors_ = 0;
    std::uint32_t refused_recipients_ = 0;
    std::uint32_t failed_logins_ = 0;
    std::uint32_t junk_commands_ = 0;
    std::uint32_t commands_ = 0;
    std::uint32_t letters_ = 0;

    std::vector<std::string> mechanisms_;
    bool overlong_response_ = false; // In a login, not a command.
    LoginAccepted accepted_login_;   // While its client has to answer the last words.

    InputBuffer input_;
    std::string output_;             // Replies not sent yet: pipelining answers in one go.
    std::optional<ServerStep> step_; // Decided on, to be handed out next.

    Duration patience_left_; // With the peer, for this command or letter.
    std::optional<Instant> reading_since_;
    std::optional<Instant> ends_; // The whole session.

    std::optional<ServerEnvelope> envelope_;            // From MAIL on.
    std::vector<mail::ForwardPath> candidates_;         // Recipients being checked,
    std::vector<mail::RecipientTerms> candidate_terms_; // and what was asked for each.
    /// Recipients of this letter, also after a chunk of it was refused: how many replies LMTP owes.
    std::size_t accepted_ = 0;

    Transfer transfer_ = Transfer::none;
    Message message_ = Message::none;
    bool last_chunk_ = false;
    DataDecoder decoder_;
    ChunkChecker checker_;
    std::uint64_t chunk_left_ = 0;
    std::uint64_t chunk_bytes_ = 0;
    std::uint64_t message_bytes_ = 0;
    std::optional<Reply> objection_; // To the chunk that is being read, whatever it holds.
    std::string piece_;              // Of the letter, to be handed out.
};

} // namespace posthouse::smtp
