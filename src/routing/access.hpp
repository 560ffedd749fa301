// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "routing/engine.hpp"
#include "tables/formats.hpp"

#include <string>

namespace posthouse::routing {

/// What the access table says. The most specific key counts, with its tag before the same one
/// without; SKIP ends a search with nothing found.
struct AccessRule {
    tables::Access kind{};
    std::string text;
    std::string place; // "access:7"
};

std::optional<AccessRule> access_of_client_name(const Client&, const Tables&);
std::optional<AccessRule> access_of_client_address(const Client&, const Tables&);
/// By name; without an answer by address.
std::optional<AccessRule> access_of_client(const Client&, const Tables&);

std::optional<AccessRule> access_of_sender(const mail::Mailbox&, const Rules&, const Tables&);

enum class Keys : std::uint8_t {
    all,
    users_only, // the address and `user@`: what names this very recipient
};
/// `user@` counts for recipients of ours only.
std::optional<AccessRule> access_of_recipient(const mail::Mailbox&, const Rules&, const Tables&,
                                              Keys = Keys::all);
/// By its domain alone: RELAY says that anyone may send there.
std::optional<AccessRule> access_of_recipient_domain(const mail::Domain&, const Tables&);

} // namespace posthouse::routing
