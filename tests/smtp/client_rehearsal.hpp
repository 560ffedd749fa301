// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "smtp/client_session.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace posthouse::smtp {

/// The other end of a rehearsal.
class RehearsedHost {
public:
    virtual ~RehearsedHost() = default;
    virtual void hear(std::string_view bytes) = 0;
    /// What it has to say now, at most so much; empty if it waits.
    virtual std::string say(std::size_t most) = 0;
    virtual bool has_closed() const = 0;
    /// Would the handshake work out?
    virtual bool start_tls() = 0;
};

struct RehearsedLetter {
    Outgoing outgoing;
    std::string bytes;
};

struct ClientScript {
    ClientConfig config{.hostname = "out.example"};
    std::vector<RehearsedLetter> letters;
    std::size_t host_piece = std::string_view::npos;     // The host's bytes arrive in such pieces,
    std::size_t body_piece = ClientSession::piece_bytes; // the letter's in such.
    std::optional<std::size_t>
        lost_at; // At this step of those that can fail, the connection is lost.
};

struct ClientRehearsal {
    std::string said;      // All that the session sent,
    std::size_t sends = 0; // in this many pieces.
    std::size_t letters_begun = 0;
    std::vector<LetterResult> results;
    client_step::Close close;
    std::size_t fallible_steps = 0;
    Duration took{};
};

/// Plays a new session through, in virtual time: all letters one after the other, as long as
/// it is ready for another; then QUIT.
inline ClientRehearsal rehearse(const ClientScript& script, RehearsedHost& host)
{
    ClientRehearsal result;
    ClientSession session(std::make_shared<const ClientConfig>(script.config));
    Instant now{};
    std::size_t letter = 0;
    std::string_view body;
    const auto is_lost = [&] {
        if (result.fallible_steps++ != script.lost_at)
            return false;
        session.disconnected();
        return true;
    };
    for (;;) {
        const ClientStep step = session.next(now);
        if (const auto* read = std::get_if<client_step::Read>(&step)) {
            if (is_lost())
                continue;
            const auto heard = host.say(script.host_piece);
            if (!heard.empty())
                session.receive(heard);
            else if (host.has_closed())
                session.disconnected();
            else
                now = read->until; // Silence.
        } else if (const auto* send = std::get_if<client_step::Send>(&step)) {
            result.said += send->bytes;
            ++result.sends;
            if (!is_lost())
                host.hear(send->bytes);
        } else if (std::holds_alternative<client_step::StartTls>(step)) {
            if (is_lost())
                continue;
            host.start_tls() ? session.tls_established() : session.tls_failed("no shared cipher");
        } else if (std::holds_alternative<client_step::ReadBody>(step)) {
            const auto piece = body.substr(0, script.body_piece);
            body.remove_prefix(piece.size());
            session.body(piece);
        } else if (const auto* done = std::get_if<client_step::LetterDone>(&step)) {
            result.results.push_back(done->result);
        } else if (std::holds_alternative<client_step::Ready>(step)) {
            if (letter == script.letters.size()) {
                session.quit();
                continue;
            }
            body = script.letters[letter].bytes;
            session.send_letter(script.letters[letter].outgoing);
            ++letter;
            ++result.letters_begun;
        } else {
            result.close = std::get<client_step::Close>(step);
            result.took = now.time_since_epoch();
            return result;
        }
    }
}

/// An envelope and a letter for it.
inline RehearsedLetter letter_to(const std::vector<std::string>& recipients, std::string bytes)
{
    Outgoing outgoing{.sender = mail::ReversePath::parse("s@out.example").value()};
    for (const auto& recipient : recipients)
        outgoing.recipients.push_back({mail::ForwardPath::parse(recipient).value()});
    outgoing.size_bytes = bytes.size();
    return {std::move(outgoing), std::move(bytes)};
}

} // namespace posthouse::smtp
