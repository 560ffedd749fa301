// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "base/time.hpp"
#include "pop3/maildrop.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace posthouse::pop3 {

// ---- What becomes of a login's next message -------------------------------------------------

struct LoginChallenge {
    std::string bytes;
};
struct LoginAccepted {
    std::string last_words = {}; // Of the server, which its client has to see: SCRAM's proof.
};
enum class LoginRefused : std::uint8_t {
    wrong,       // Name or password, or what stands for them.
    malformed,   // The response was none that the mechanism has.
    not_offered, // This mechanism cannot be had.
    unavailable, // It could not be found out.
    braked,      // Too many were wrong.
    too_soon,    // LOGIN-DELAY, RFC 2449 §6.5
};
using LoginAnswer = std::variant<LoginChallenge, LoginAccepted, LoginRefused>;

enum class OpenFailure : std::uint8_t { in_use, unavailable };
enum class Deletion : std::uint8_t { done, failed };

enum class CloseReason : std::uint8_t {
    quit,
    disconnected,
    timed_out,
    errors,
    failed_logins,
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
struct StartTls { // -> tls_established(), or disconnected().
    Instant until;
};
struct StartLogin {        // -> answer(LoginAnswer)
    std::string mechanism; // PLAIN for USER and PASS.
    std::optional<Secret> initial;
};
struct ContinueLogin { // The client's answer to a challenge. -> answer(LoginAnswer)
    Secret response;
};
struct CancelLogin { // The client gave up, even if the answer was that it is accepted.
};
struct OpenMaildrop { // Of the user who was just accepted. -> answer(expected<Maildrop, …>)
};
struct ReadMessage { // -> message_piece(): 1 to `length` bytes; or message_failed().
    std::uint32_t index = 0;
    std::uint64_t offset = 0;
    std::size_t length = 0; // Never beyond the message's octets.
    std::uint64_t more = 0; // So many bytes of the message will be asked for after these.
};
struct DeleteMessages { // At QUIT only; ascending, not empty. -> answer(Deletion)
    std::vector<std::uint32_t> indices;
};
struct Close { // The end; do not call next() again.
    CloseReason why;
};

} // namespace step

using Step = std::variant<step::Read, step::Send, step::StartTls, step::StartLogin,
                          step::ContinueLogin, step::CancelLogin, step::OpenMaildrop,
                          step::ReadMessage, step::DeleteMessages, step::Close>;

} // namespace posthouse::pop3
