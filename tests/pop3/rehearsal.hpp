// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/contract.hpp"
#include "pop3/session.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::pop3 {

/// A session played through in memory: a scripted peer, a scripted house, no waiting. The tests
/// and the fuzzer share it.
struct Rehearsal {
    std::string said; // All that the session sent,
    int sends = 0;    // in this many pieces,
    std::size_t longest_send = 0;
    int logins = 0, given_up = 0, openings = 0, deletions = 0;
    std::vector<std::uint32_t> deleted;
    std::optional<CloseReason> closed;
};

struct Script {
    Config config{.hostname = "mx.example"};
    std::vector<std::string> messages; // Their texts; the uidl of the first is "7.1".
    std::string user = "fritz", password = "secret";
    /// What AUTH offers before and after a handshake.
    std::vector<std::string> mechanisms = {"PLAIN"}, tls_mechanisms = {"PLAIN"};
    std::size_t piece = std::string_view::npos; // The peer's bytes come in pieces of this size,
    std::size_t message_piece = std::string_view::npos; // and the messages' in these.
    /// What becomes of a login: `said` is all that the client has said in it.
    using Said = std::vector<std::string>;
    std::function<LoginAnswer(const std::string& mechanism, const Said& said)> login;
    std::optional<OpenFailure> open_failure;
    Deletion deletion = Deletion::done;
    std::uint64_t fails_from = ~std::uint64_t{0}; // Reading a message fails from this offset on.

    LoginAnswer check(const std::string& mechanism, const Said& said) const
    {
        if (login)
            return login(mechanism, said);
        if (said.empty())
            return LoginChallenge{};
        const std::string zero(1, '\0');
        return said.back() == zero + user + zero + password ? LoginAnswer(LoginAccepted{})
                                                            : LoginRefused::wrong;
    }
    Maildrop maildrop() const
    {
        Maildrop made{.validity = 7};
        for (const auto& text : messages)
            made.messages.push_back({.octets = text.size(),
                                     .uid = static_cast<std::uint32_t>(made.messages.size()) + 1});
        return made;
    }
};

class Stage {
public:
    Stage(std::string_view peer, const Script& script)
        : script_(script),
          peer_(peer),
          session_(std::make_shared<const Config>(script.config))
    {
        session_.offer_mechanisms(script.config.implicit_tls ? script.tls_mechanisms
                                                             : script.mechanisms);
    }

    /// Until the session closes or the peer has nothing left to say.
    Rehearsal play()
    {
        while (!result_.closed) {
            Step step = session_.next(now_);
            std::visit([this](const auto& s) { perform(s); }, step);
        }
        return std::move(result_);
    }

private:
    void perform(const step::Read& read)
    {
        expects(read.until > now_);
        const auto piece = peer_.substr(0, script_.piece);
        peer_.remove_prefix(piece.size());
        piece.empty() ? session_.disconnected() : session_.receive(piece);
    }
    void perform(const step::Send& send)
    {
        expects(!send.bytes.empty() && send.until > now_);
        result_.said += send.bytes;
        result_.longest_send = std::max(result_.longest_send, send.bytes.size());
        ++result_.sends;
    }
    void perform(const step::StartTls&)
    {
        session_.tls_established();
        session_.offer_mechanisms(script_.tls_mechanisms);
    }
    void perform(const step::StartLogin& start)
    {
        expects(!login_);
        ++result_.logins;
        login_ = {start.mechanism, {}};
        if (start.initial)
            login_->said.emplace_back(start.initial->reveal());
        answer_login();
    }
    void perform(const step::ContinueLogin& response)
    {
        expects(login_.has_value());
        login_->said.emplace_back(response.response.reveal());
        answer_login();
    }
    void perform(const step::CancelLogin&)
    {
        expects(login_.has_value());
        login_.reset();
        ++result_.given_up;
    }
    void answer_login()
    {
        auto answer = script_.check(login_->mechanism, login_->said);
        if (std::holds_alternative<LoginRefused>(answer))
            login_.reset();
        session_.answer(std::move(answer));
    }
    void perform(const step::OpenMaildrop&)
    {
        expects(login_.has_value()); // Which was accepted.
        login_.reset();
        ++result_.openings;
        if (script_.open_failure)
            return session_.answer(std::unexpected(*script_.open_failure));
        auto maildrop = script_.maildrop();
        session_.answer(std::move(maildrop));
    }
    void perform(const step::ReadMessage& read)
    {
        const std::string_view text = script_.messages.at(read.index);
        expects(read.length > 0 && read.offset + read.length + read.more <= text.size());
        if (read.offset >= script_.fails_from)
            return session_.message_failed();
        const auto length = std::min<std::uint64_t>(
            {read.length, script_.message_piece, script_.fails_from - read.offset});
        session_.message_piece(text.substr(read.offset, length));
    }
    void perform(const step::DeleteMessages& question)
    {
        ++result_.deletions;
        result_.deleted = question.indices;
        session_.answer(script_.deletion);
    }
    void perform(const step::Close& close) { result_.closed = close.why; }

    struct Login {
        std::string mechanism;
        Script::Said said;
    };
    const Script& script_;
    std::optional<Login> login_;
    std::string_view peer_;
    Session session_;
    Instant now_{};
    Rehearsal result_;
};

inline Rehearsal rehearse(std::string_view peer, const Script& script = {})
{
    return Stage(peer, script).play();
}

/// Reads a multi-line response as a client does (RFC 1939 §3): consumes it from `said`, its status
/// line included, and returns its lines. Nothing where it is none.
inline std::optional<std::string> read_multiline(std::string_view& said)
{
    const auto status = said.find("\r\n");
    if (!said.starts_with("+OK") || status == said.npos)
        return std::nullopt;
    said.remove_prefix(status + 2);
    std::string text;
    for (;;) {
        const auto end = said.find("\r\n");
        if (end == said.npos)
            return std::nullopt;
        auto line = said.substr(0, end);
        said.remove_prefix(end + 2);
        if (line == ".")
            return text;
        if (line.starts_with('.'))
            line.remove_prefix(1);
        text.append(line).append("\r\n");
    }
}

} // namespace posthouse::pop3
