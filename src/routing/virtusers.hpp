// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "routing/engine.hpp"
#include "routing/local_part.hpp"

#include <string>

namespace posthouse::routing {

/// What the virtusertable says of an address. It is asked about every domain, ours or not: a
/// domain is virtual where a key names it.
struct VirtualUser {
    std::uint8_t kind = 0;     // tables::Virtual
    std::string text;          // of error and nouser, with its arguments filled in
    FilledAddress address;     // of address
    std::string place;         // "virtusertable:3"
    bool whole_domain = false; // "@domain"
};
std::optional<VirtualUser> find_virtual_user(const mail::Mailbox&, const Rules&, const Tables&);

} // namespace posthouse::routing
