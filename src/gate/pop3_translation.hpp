// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pop3/session.hpp"
#include "wire/frame.hpp"
#include "wire/messages.pb.h"

#include <cstdint>
#include <string>
#include <vector>

/// Between POP3's terms and those of the wire.
namespace posthouse::gate {

/// A UIDL is "UIDVALIDITY.UID": the same for as long as the message is there, and never another's.
pop3::Maildrop maildrop_of(const wire::Maildrop&);
std::vector<std::uint32_t> uids_of(const wire::Maildrop&);
/// Overwrites a password and empties it.
void wipe(std::string&);

} // namespace posthouse::gate
