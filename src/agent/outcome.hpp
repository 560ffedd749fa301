// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/messages.pb.h"

#include <string>
#include <string_view>

/// How a delivery ended, as the keeper is told. Status codes: RFC 3463.
namespace posthouse::agent {

using Outcome = wire::Attempted::Outcome;

Outcome delivered(std::string text);
Outcome deferred(std::string_view status, std::string text);
Outcome failed(std::string_view status, std::string text);

/// A failed system call: always a deferral, since the letter is not at fault. Full disks and
/// exceeded quotas have codes of their own. `what` names the thing: "the mailbox".
Outcome trouble(int error, std::string_view what);

} // namespace posthouse::agent
