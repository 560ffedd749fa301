// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "smtp/client_letter.hpp"

#include <cstdint>
#include <string_view>
#include <variant>

namespace posthouse::smtp {

/// What a ClientSession asks its driver to do next. These are all the ways in which a session
/// touches the world. What is named behind the arrow reports how it went.
namespace client_step {

/// -> receive(), or disconnected(). Nothing by `until`: just call next() again.
struct Read {
    Instant until;
};
/// All of `bytes`, which are the session's and good until it is called again. -> nothing, or
/// timed_out(), or disconnected(): before that, if the host had said something, receive(), since
/// it may be why.
struct Send {
    std::string_view bytes;
    Instant until;
};
/// -> tls_established(), or tls_failed(), or disconnected().
struct StartTls {
    Instant until;
};
/// -> body(), the letter's next bytes, up to ClientSession::piece_bytes; or body_failed(). Asked
/// until Outgoing::size_bytes have come.
struct ReadBody {};
/// -> nothing.
struct LetterDone {
    LetterResult result;
};
/// Nothing is under way. -> send_letter() or quit(); or receive() or disconnected(), should the
/// host say something (that it closes) or be gone. Otherwise next() says the same again.
struct Ready {};
/// The end; the connection is to be closed. next() would only say the same again.
struct Close {
    enum class Why : std::uint8_t {
        finished,           // After quit(), or after the last letter's LetterDone, or in between.
        site_trouble,       // No letter could be sent: `trouble` is what there is to say of it.
        reconnect_in_clear, // TLS did not work out, and policy allows to do without.
    } why = Why::finished;
    Outcome trouble = {}; // If not finished. Holds for each recipient that was to be sent here.
};

} // namespace client_step

using ClientStep =
    std::variant<client_step::Read, client_step::Send, client_step::StartTls, client_step::ReadBody,
                 client_step::LetterDone, client_step::Ready, client_step::Close>;

} // namespace posthouse::smtp
