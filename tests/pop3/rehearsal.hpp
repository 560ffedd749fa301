// SPDX-License-Identifier: Apache-2.0
#pragma once

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
    int waits = 0, logins = 0, openings = 0, deletions = 0;
    std::vector<std::uint32_t> deleted;
    std::optional<CloseReason> closed;
};

struct Script {
    Config config{.hostname = "mx.example"};
    std::vector<std::string> messages; // Their texts; the uidl of the first is "u1".
    std::string user = "fritz", password = "secret";
    std::size_t piece = std::string_view::npos; // The peer's bytes come in pieces of this size,
    std::size_t message_piece = std::string_view::npos; // and the messages' in these.
    std::function<Login(const step::Authenticate&)> login;
    std::optional<OpenFailure> open_failure;
    Deletion deletion = Deletion::done;
    std::uint64_t fails_from = ~std::uint64_t{0}; // Reading a message fails from this offset on.

    Script() { config.plaintext_auth = true; }
};

class Stage {
public:
    Stage(std::string_view peer, const Script& script)
        : script_(script),
          peer_(peer),
          session_(std::make_shared<const Config>(script.config))
    {
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
    void perform(const step::Wait& wait)
    {
        expects(wait.until > now_);
        now_ = wait.until;
        ++result_.waits;
    }
    void perform(const step::StartTls&) { session_.tls_established(); }
    void perform(const step::Authenticate& question)
    {
        ++result_.logins;
        if (script_.login)
            return session_.answer(script_.login(question));
        const bool right =
            question.user == script_.user && question.password.reveal() == script_.password;
        session_.answer(right ? Login::accepted : Login::refused);
    }
    void perform(const step::OpenMaildrop&)
    {
        ++result_.openings;
        if (script_.open_failure)
            return session_.answer(std::unexpected(*script_.open_failure));
        Maildrop maildrop;
        for (const auto& text : script_.messages)
            maildrop.push_back({text.size(), "u" + std::to_string(maildrop.size() + 1)});
        session_.answer(std::move(maildrop));
    }
    void perform(const step::ReadMessage& read)
    {
        const std::string_view text = script_.messages.at(read.index);
        expects(read.length > 0 && read.offset + read.length <= text.size());
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

    const Script& script_;
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
