// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "mail/address.hpp"
#include "smtp/reply.hpp"
#include "smtp/server_steps.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// The grammar of commands, RFC 5321 §4.1. What is on offer, and in what order commands may come,
/// is the session's question.
namespace posthouse::smtp {

namespace command {

struct Hello {
    bool extended; // Not HELO
    std::string client;
    bool lmtp = false; // LHLO, RFC 2033 §4.1
};
struct MailFrom {
    mail::ReversePath sender;
    MailParameters parameters;
    bool has_body = false; // BODY= was given, even if it said 7BIT.
    bool has_auth =
        false; // AUTH= was: RFC 4954 §5. Nobody is trusted with it: it is not passed on.
};
struct RcptTo {
    mail::ForwardPath recipient;
    mail::RecipientTerms terms = {};
    bool has_terms = false; // NOTIFY or ORCPT was given.
    bool utf8 = false;      // Something is written in UTF-8.
};
struct Data {};
struct Bdat { // RFC 3030 §2
    std::uint64_t bytes = 0;
    bool last = false;
};
struct Reset {};
struct Noop {};
struct Verify {};
struct Help {};
struct Etrn {           // RFC 1985
    std::string domain; // "@example.org": its subdomains too. Lower case.
};
struct StartTls {};
struct Auth {              // RFC 4954 §4
    std::string mechanism; // Upper case
    std::optional<Secret> initial;
};
struct Quit {};

} // namespace command

using Command =
    std::variant<command::Hello, command::MailFrom, command::RcptTo, command::Data, command::Bdat,
                 command::Reset, command::Noop, command::Verify, command::Help, command::Etrn,
                 command::StartTls, command::Auth, command::Quit>;

/// Parses one command line, given without its CR LF. The error is the reply to send.
///
/// Two departures from the letter of RFC 5321 §4.1.2, both harmless and common: white space
/// at the end of a line, and spaces between "FROM:" or "TO:" and the path. The angle brackets
/// are never optional. `domain` completes a recipient's or sender's address that has none, as a
/// submission server may (RFC 6409 §6.1); "": such an address is refused.
std::expected<Command, Reply> parse_command(std::string_view line, std::string_view domain = {});

/// Is this line a RCPT, well-formed or not?
bool is_rcpt(std::string_view line);
/// Is this line a BDAT? One that parse_command() refuses leaves open where the next command is.
bool is_bdat(std::string_view line);
/// Is this line an AUTH? It may hold a password, and be as long as a SASL response.
bool is_auth(std::string_view line);

} // namespace posthouse::smtp
