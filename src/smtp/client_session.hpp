// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "smtp/client_body_encoder.hpp"
#include "smtp/client_capabilities.hpp"
#include "smtp/client_config.hpp"
#include "smtp/client_letter.hpp"
#include "smtp/client_steps.hpp"
#include "smtp/client_transaction.hpp"
#include "smtp/reply_parser.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::smtp {

/// One SMTP (or LMTP) client session, without I/O: RFC 5321, one connection, any number of letters.
///
/// The session decides; a driver acts. The driver connects, and then is a loop: take the step
/// that next() hands out, carry it out, report what came of it with a call named beside the step,
/// repeat, until Close. Every letter given to send_letter() gets exactly one LetterDone, with one
/// outcome for each recipient, whatever the host does.
///
/// Inside is a queue of expected replies: sending a command pushes what will take its reply, so
/// that a pipelining host (RFC 2920) gets MAIL, all RCPT and DATA in one flight, and another one
/// command at a time, by the same code. Where CHUNKING (RFC 3030) is offered it is used for every
/// letter: BDAT needs no dot-stuffing and no round trip for the 354, and a small letter goes out
/// with its envelope in one flight.
class ClientSession {
public:
    static constexpr std::size_t piece_bytes = 64 * 1024;

    explicit ClientSession(std::shared_ptr<const ClientConfig>);

    /// The next thing to do. `now` is also how time gets in: past the `until` of a Read, the
    /// session gives up on the host.
    ClientStep next(Instant now);

    void receive(std::string_view bytes);
    void disconnected();
    /// A Send or StartTls was not done by its `until`.
    void timed_out();
    void tls_established();
    /// `reason` is for the outcome's text, such as "certificate has expired".
    void tls_failed(std::string_view reason);

    /// When Ready was handed out, and nothing since but receive() and disconnected().
    void send_letter(Outgoing);
    /// When ReadBody was handed out. Copied.
    void body(std::string_view bytes);
    /// When ReadBody was handed out: there are no more bytes, though there should be. The
    /// connection is given up, since there is no other way not to send half a letter.
    void body_failed(std::string_view reason);
    /// When Ready was handed out.
    void quit();

    /// What the host offers; nothing before the first Ready.
    const ClientCapabilities& capabilities() const { return capabilities_; }
    bool has_tls() const { return tls_; }
    /// Letters that have had their LetterDone.
    std::uint64_t letters_done() const { return letters_done_; }

private:
    enum class Phase : std::uint8_t { opening, handshake, ready, letter, quitting, closed };
    enum class Expect : std::uint8_t {
        greeting,
        ehlo,
        helo,
        starttls,
        login,
        rset,
        mail,
        rcpt,
        data,
        end_of_data,
        quit
    };
    struct Expected {
        Expect what;
        std::uint32_t recipient = 0; // rcpt, and end_of_data in LMTP.
    };

    // client_session.cpp: reading, sending, waiting, ending
    void advance(Instant now);
    ClientStep send(Instant now);
    std::optional<ClientStep> wait(Instant now);
    Duration patience() const;
    void command(std::string_view line, Expected);
    bool expecting() const { return expected_at_ < expected_.size(); }
    bool only_quit_expected() const;
    void forget_expected();
    void take_replies();
    void take(const RemoteReply&);
    Stage stage() const;
    void lose(Cause, std::string_view said = {});
    void lose(Outcome why);
    void end(client_step::Close);
    void begin_quit();
    LetterResult finish_letter();

    // client_login.cpp: AUTH
    void opened();
    void on_login(const RemoteReply&);
    void take_challenge(const RemoteReply&);
    void cannot_log_in(std::string text);

    // client_opening.cpp: greeting, EHLO, STARTTLS
    void on_greeting(const RemoteReply&);
    void say_hello();
    void on_ehlo(const RemoteReply&);
    void on_helo(const RemoteReply&);
    void do_without_tls();
    void on_starttls(const RemoteReply&);
    client_step::Close refused_tls(Outcome) const;
    void trouble(Stage, const RemoteReply&);
    void give_up(client_step::Close);

    // client_mailing.cpp: one letter
    enum class Next : std::uint8_t { rset, mail, rcpt, content, nothing };
    enum class Transfer : std::uint8_t { data, chunk, chunk_in_one_flight };
    void check_letter();
    void check_internationalization();
    void choose_recipients();
    void advance_letter();
    bool may_send() const;
    void send_mail();
    void send_rcpt();
    void begin_content();
    void begin_body();
    void end_body();
    Outcome outcome_here(Stage, const RemoteReply&) const;
    void on_rset(const RemoteReply&);
    void on_mail(const RemoteReply&);
    void on_rcpt(const RemoteReply&, std::size_t recipient);
    void on_data(const RemoteReply&);
    void on_end_of_data(const RemoteReply&, std::size_t recipient);
    /// Nothing of this letter was answered, on a connection that had another one before it.
    bool is_stale() const { return letters_done_ > 0 && !answered_; }

    std::shared_ptr<const ClientConfig> config_;
    ReplyParser replies_;
    ClientCapabilities capabilities_;
    Phase phase_ = Phase::opening;
    bool tls_ = false;

    std::unique_ptr<SaslDialogue> dialogue_; // While logging in.
    std::size_t challenges_ = 0;

    std::vector<Expected> expected_; // From expected_at_ on: what takes the next replies.
    std::size_t expected_at_ = 0;
    std::size_t asked_ = 0;                // Up to there, what is to be replied to was handed out.
    std::optional<Instant> waiting_since_; // For the next reply; set when the wait begins.
    std::string output_;                   // To be sent.
    std::string sending_;                  // Handed out.
    std::optional<client_step::Close> close_; // How it ends, once that is known.
    std::optional<Cause> lost_;               // Reported, and not acted on yet.
    std::uint64_t letters_done_ = 0;
    std::uint64_t mails_ = 0; // MAIL commands sent.
    bool needs_rset_ = false; // A transaction may still be open over there.

    // The letter under way, from send_letter() to LetterDone.
    std::optional<ClientTransaction> transaction_;
    std::optional<Instant> letter_until_;
    Next next_ = Next::nothing;
    Transfer transfer_ = Transfer::data;
    bool needs_smtputf8_ = false;
    ClientBodyEncoder encoder_;
    std::uint64_t body_left_ = 0; // To be asked for.
    bool body_asked_ = false;
    bool end_written_ = false; // The end of the data is in output_,
    bool end_sent_ = false;    // and was handed out.
    bool answered_ = false;    // The host has answered something of it.
    bool done_ = false;        // LetterDone is to be handed out.
};

} // namespace posthouse::smtp
