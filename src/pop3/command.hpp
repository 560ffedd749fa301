// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// What a client may say: RFC 1939 §4 to §7, RFC 2449 §5, RFC 2595 §4, RFC 5034 §4, RFC 6856 §2,
/// §3.
namespace posthouse::pop3 {

namespace command {

struct User {
    std::string name;
};
struct Pass {
    Secret password; // Spaces are part of it: RFC 1939 §7
};
struct Auth {              // RFC 5034 §4
    std::string mechanism; // Upper case; "": what is on offer?
    std::optional<Secret> initial;
};
struct Stls {};
struct Utf8 {};                       // RFC 6856 §2
struct Language {                     // RFC 6856 §3
    std::optional<std::string> range; // "*": the server's choice; nothing: which ones are there?
};
struct Capa {};
struct Stat {};
struct List {
    std::optional<std::uint64_t> message; // Message numbers count from 1.
};
struct Uidl {
    std::optional<std::uint64_t> message;
};
struct Retrieve {
    std::uint64_t message = 0;
};
struct Top {
    std::uint64_t message = 0, lines = 0;
};
struct Delete {
    std::uint64_t message = 0;
};
struct Reset {};
struct Noop {};
struct Quit {};

} // namespace command

using Command = std::variant<command::User, command::Pass, command::Auth, command::Stls,
                             command::Utf8, command::Language, command::Capa, command::Stat,
                             command::List, command::Uidl, command::Retrieve, command::Top,
                             command::Delete, command::Reset, command::Noop, command::Quit>;

/// Is this line an AUTH? It may be as long as a SASL response.
bool is_auth(std::string_view line);

/// `line` without its end. Otherwise what is wrong, for the text of the reply.
std::expected<Command, std::string_view> parse_command(std::string_view line);

} // namespace posthouse::pop3
