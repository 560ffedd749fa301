// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/contract.hpp"
#include "smtp/server_session.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace posthouse::smtp {

/// A server session played through in memory: a scripted peer, a scripted backend, a clock that
/// moves only when someone waits. The unit tests and the fuzzer share it.
struct ServerScript {
    static constexpr std::size_t never = static_cast<std::size_t>(-1);

    ServerConfig config{.hostname = "mx.example"};

    /// What the peer sends: the first up to a TLS handshake, the next one after it, and so on.
    std::vector<std::string> flights;
    std::size_t piece = never;     // Its bytes arrive in pieces of at most this size,
    std::vector<std::size_t> cuts; // ending also at these offsets (over all flights, in order),
    Duration pause{};              // each this long after the session began to wait for it.
    bool stays = false;            // Having said all, it stays connected and silent.
    std::size_t fail_at = never;   // The connection breaks at this Read, Send or StartTls.
    Duration backend_takes{};      // For each question, append and so on.

    std::function<Verdict(const server_step::CheckRecipients&, const mail::ForwardPath&)> check =
        [](const auto&, const auto&) { return Verdict{}; };
    std::function<Verdict(const server_step::OpenMessage&)> open = [](const auto&) {
        return Verdict{};
    };
    std::function<CommitVerdict()> commit = [] { return CommitVerdict{Queued{}}; };
    /// LMTP: what becomes of each recipient, in place of the above.
    std::function<CommitVerdict(const mail::ForwardPath&)> commit_each = nullptr;
    std::function<Reply(const server_step::Etrn&)> etrn = [](const auto& question) {
        return Reply(250, "2.0.0 Queuing for node " + question.domain + " started");
    };
    /// What AUTH offers before and after a handshake, and what becomes of a login: `said` is all
    /// that the client has said in it, and nothing where it said nothing yet.
    std::vector<std::string> mechanisms, tls_mechanisms;
    using Said = std::vector<std::string>;
    std::function<LoginAnswer(const std::string& mechanism, const Said& said)> login =
        [](const auto&, const auto& said) -> LoginAnswer {
        if (said.empty())
            return LoginChallenge{};
        return LoginAccepted{"user@mx.example"};
    };
    /// Called before each step, with the number of bytes that the session has received.
    std::function<void(ServerSession&, std::size_t)> meanwhile = [](auto&, auto) {};
};

struct ServerRehearsal {
    struct Letter {
        ServerPeer peer;
        ServerEnvelope envelope;
        std::string text;
        bool operator==(const Letter&) const = default;
    };

    std::string said;                   // All that the session sent,
    std::size_t sends = 0;              // in this many pieces.
    std::vector<std::size_t> said_by;   // How much of it at each Read.
    std::vector<Letter> letters;        // Committed ones.
    std::vector<std::size_t> questions; // The number of recipients in each.
    std::size_t opened = 0;             // Messages,
    std::size_t discarded = 0;          // of which these were given up.
    std::size_t largest_piece = 0;
    std::size_t logins = 0;   // Begun,
    std::size_t given_up = 0; // of which the client gave these up.
    std::size_t waits = 0;    // Reads, Sends and StartTls
    bool hung_up = false;     // The session closed although the peer was there.
    Duration lasted{};
};

class ServerRehearsalRoom {
public:
    explicit ServerRehearsalRoom(const ServerScript& script)
        : script_(script),
          session_(std::make_shared<const ServerConfig>(script.config))
    {
        session_.offer_mechanisms(script.config.tls == TlsPolicy::implicit ? script.tls_mechanisms
                                                                           : script.mechanisms);
    }

    ServerRehearsal play()
    {
        const auto start = now_;
        while (!closed_) {
            script_.meanwhile(session_, received_);
            std::visit([this](auto&& step) { perform(step); }, session_.next(now_));
        }
        expects(!open_); // Every message was committed or discarded.
        result_.lasted = now_ - start;
        return std::move(result_);
    }

private:
    bool breaks() { return result_.waits++ == script_.fail_at; }

    void perform(server_step::Read& read)
    {
        expects(read.until > now_);
        result_.said_by.push_back(result_.said.size());
        if (breaks())
            return session_.disconnected();
        const auto bytes = next_bytes();
        if (bytes.empty() && !script_.stays) {
            gone_ = true;
            return session_.disconnected();
        }
        const auto arrives = now_ + script_.pause;
        if (bytes.empty() || arrives > read.until) {
            now_ = read.until;
            return;
        }
        now_ = arrives;
        said_ += bytes.size();
        received_ += bytes.size();
        session_.receive(bytes);
    }
    void perform(server_step::Send& send)
    {
        expects(send.until > now_ && !send.bytes.empty());
        if (breaks())
            return session_.disconnected();
        result_.said += send.bytes;
        ++result_.sends;
    }
    void perform(server_step::StartTls&)
    {
        if (breaks() || !next_bytes().empty()) { // Plain text where the handshake should be.
            gone_ = true;
            return session_.disconnected();
        }
        ++flight_;
        said_ = 0;
        session_.tls_established();
        session_.offer_mechanisms(script_.tls_mechanisms);
    }
    void perform(server_step::StartLogin& start)
    {
        expects(!open_ && !login_);
        ++result_.logins;
        login_ = {start.mechanism, {}};
        if (start.initial)
            login_->said.emplace_back(start.initial->reveal());
        answer_login();
    }
    void perform(server_step::ContinueLogin& response)
    {
        expects(login_.has_value());
        login_->said.emplace_back(response.response.reveal());
        answer_login();
    }
    void perform(server_step::CancelLogin&)
    {
        expects(login_.has_value());
        login_.reset();
        ++result_.given_up;
    }
    void answer_login()
    {
        now_ += script_.backend_takes;
        auto answer = script_.login(login_->mechanism, login_->said);
        // An accepted one may still be given up while the last words are under way.
        const auto* accepted = std::get_if<LoginAccepted>(&answer);
        if (std::holds_alternative<Reply>(answer) ||
            (accepted != nullptr && accepted->last_words.empty()))
            login_.reset();
        session_.answer_login(std::move(answer));
    }
    void perform(server_step::CheckRecipients& question)
    {
        expects(!question.recipients.empty());
        expects(question.terms.size() == question.recipients.size());
        result_.questions.push_back(question.recipients.size());
        now_ += script_.backend_takes;
        std::vector<Verdict> verdicts;
        for (const auto& recipient : question.recipients)
            verdicts.push_back(script_.check(question, recipient));
        session_.answer_recipients(std::move(verdicts));
    }
    void perform(server_step::Etrn& question)
    {
        expects(!question.domain.empty() && !open_);
        now_ += script_.backend_takes;
        session_.answer_etrn(script_.etrn(question));
    }
    void perform(server_step::OpenMessage& question)
    {
        expects(question.envelope.terms.size() == question.envelope.recipients.size());
        expects(!open_ && !question.envelope.recipients.empty());
        now_ += script_.backend_takes;
        auto verdict = script_.open(question);
        if (verdict) {
            open_ = true;
            ++result_.opened;
            draft_ = {std::move(question.peer), std::move(question.envelope), {}};
        }
        session_.answer_open(std::move(verdict));
    }
    void perform(server_step::AppendToMessage& append)
    {
        expects(open_ && !append.bytes.empty());
        expects(append.bytes.size() <= ServerSession::piece_bytes);
        now_ += script_.backend_takes;
        draft_.text += append.bytes;
        result_.largest_piece = std::max(result_.largest_piece, append.bytes.size());
    }
    void perform(server_step::DiscardMessage&)
    {
        expects(open_);
        open_ = false;
        ++result_.discarded;
    }
    void perform(server_step::CommitMessage&)
    {
        expects(open_);
        open_ = false;
        now_ += script_.backend_takes;
        if (script_.commit_each) {
            std::vector<CommitVerdict> verdicts;
            for (const auto& recipient : draft_.envelope.recipients)
                verdicts.push_back(script_.commit_each(recipient));
            if (std::ranges::any_of(verdicts, [](const auto& v) { return v.has_value(); }))
                result_.letters.push_back(std::move(draft_));
            return session_.answer_commit(std::move(verdicts));
        }
        auto verdict = script_.commit();
        if (verdict)
            result_.letters.push_back(std::move(draft_));
        session_.answer_commit(std::move(verdict));
    }
    void perform(server_step::Close&)
    {
        closed_ = true;
        result_.hung_up = !gone_;
    }

    /// What the peer sends next in this flight; not yet taken.
    std::string_view next_bytes() const
    {
        if (flight_ >= script_.flights.size())
            return {};
        const auto rest = std::string_view(script_.flights[flight_]).substr(said_);
        auto size = std::min(script_.piece, rest.size());
        for (const auto cut : script_.cuts)
            if (cut > received_)
                size = std::min(size, cut - received_);
        return rest.substr(0, size);
    }

    const ServerScript& script_;
    ServerSession session_;
    ServerRehearsal result_;
    Instant now_{std::chrono::hours(1000)};
    std::size_t flight_ = 0;
    std::size_t said_ = 0;     // Of this flight.
    std::size_t received_ = 0; // Of all flights.
    ServerRehearsal::Letter draft_;
    struct Login {
        std::string mechanism;
        ServerScript::Said said;
    };
    std::optional<Login> login_;
    bool open_ = false;
    bool closed_ = false;
    bool gone_ = false;
};

inline ServerRehearsal rehearse(const ServerScript& script)
{
    return ServerRehearsalRoom(script).play();
}

/// The same, with one flight.
inline ServerRehearsal rehearse(std::string_view peer, ServerScript script = {})
{
    script.flights = {std::string(peer)};
    return rehearse(script);
}

} // namespace posthouse::smtp
