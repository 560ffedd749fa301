// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "base/time.hpp"
#include "mail/address.hpp"
#include "mail/delivery_terms.hpp"
#include "smtp/reply.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace posthouse::smtp {

enum class BodyType : std::uint8_t {
    seven_bit,
    eight_bit_mime, // RFC 6152
    binary_mime,    // RFC 3030 §3
};

/// What MAIL said besides the sender.
struct MailParameters {
    std::optional<std::uint64_t> declared_bytes; // SIZE, RFC 1870 §6
    BodyType body = BodyType::seven_bit;
    bool smtputf8 = false;                   // RFC 6531 §3.4
    mail::Return ret = mail::Return::unsaid; // RFC 3461 §4.3
    std::string envelope_id = {};            // ENVID, decoded: RFC 3461 §4.4

    bool operator==(const MailParameters&) const = default;
};

/// What is known of the client; for policy, the Received: line and the trace.
struct ServerPeer {
    std::string helo; // The argument of EHLO, HELO, LHLO. Printable ASCII, otherwise unchecked.
    bool extended = false; // Not HELO
    bool tls = false;
    bool lmtp = false;
    std::string login = {}; // The account's address, once it has logged in.

    bool operator==(const ServerPeer&) const = default;
};

/// One letter's envelope, as the server came to hear it.
struct ServerEnvelope {
    mail::ReversePath sender;
    MailParameters parameters;
    std::vector<mail::ForwardPath> recipients;    // Accepted ones.
    std::vector<mail::RecipientTerms> terms = {}; // One for each.

    bool operator==(const ServerEnvelope&) const = default;
};

/// A letter is on stable storage under this id.
struct Queued {
    std::string id; // For the reply; may be empty.
};
using CommitVerdict = std::expected<Queued, Reply>;

/// What becomes of a login's next message; a refusal is 4yz or 5yz.
struct LoginChallenge {
    std::string bytes;
};
struct LoginAccepted {
    std::string user;            // The account's address.
    std::string last_words = {}; // Of the server, which its client has to see: SCRAM's proof.
};
using LoginAnswer = std::variant<LoginChallenge, LoginAccepted, Reply>;

/// What a ServerSession asks its driver to do next. These are all the ways in which a session
/// touches the world. What is named behind the arrow reports how it went.
namespace server_step {

/// -> receive(), or disconnected(). Nothing by `until`: just call next() again.
struct Read {
    Instant until;
};
/// Failing to by `until` -> disconnected().
struct Send {
    std::string bytes;
    Instant until;
};
/// -> tls_established(), or disconnected(). Bytes read already are none of TLS's.
struct StartTls {
    Instant until;
};
/// -> answer_recipients(), one verdict for each, in order. Those of one pipelined group come
/// together; a letter may have several such questions.
struct CheckRecipients {
    ServerPeer peer;
    mail::ReversePath sender;
    MailParameters parameters;
    std::vector<mail::ForwardPath> recipients;
    std::vector<mail::RecipientTerms> terms; // One for each.
};
/// Is the queue for this domain to be run? -> answer_etrn(), with one of the replies of RFC 1985
/// §5.1.
struct Etrn {
    ServerPeer peer;
    std::string domain; // "@example.org": its subdomains too. Lower case.
};
/// A login begins: RFC 4954 §4. -> answer_login()
struct StartLogin {
    std::string mechanism; // One of those on offer.
    std::optional<Secret> initial;
};
/// The client's answer to a challenge. -> answer_login()
struct ContinueLogin {
    Secret response;
};
/// The client gave up, even if the answer was that it is accepted.
struct CancelLogin {};
/// A letter begins. -> answer_open(). After a refusal there is nothing to discard.
struct OpenMessage {
    ServerPeer peer;
    ServerEnvelope envelope;
};
/// The next bytes of the open message, at most ServerSession::piece_bytes of them.
struct AppendToMessage {
    std::string bytes;
};
/// The open message will not be committed.
struct DiscardMessage {};
/// -> answer_commit(), once the message is on stable storage: RFC 5321 §6.1. After a refusal
/// there is nothing to discard. In LMTP it may be one verdict for each recipient.
struct CommitMessage {};
/// The end; do not call next() again.
struct Close {};

} // namespace server_step

using ServerStep =
    std::variant<server_step::Read, server_step::Send, server_step::StartTls,
                 server_step::CheckRecipients, server_step::Etrn, server_step::StartLogin,
                 server_step::ContinueLogin, server_step::CancelLogin, server_step::OpenMessage,
                 server_step::AppendToMessage, server_step::DiscardMessage,
                 server_step::CommitMessage, server_step::Close>;

} // namespace posthouse::smtp
