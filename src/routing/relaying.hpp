// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "routing/engine.hpp"
#include "routing/steps.hpp"

#include <string>

namespace posthouse::routing {

/// Why this client may hand us mail for this recipient: the rule; nullopt: it may not.
std::optional<std::string> may_relay(const mail::Mailbox& recipient, const Client&, const Rules&,
                                     const Tables&);

} // namespace posthouse::routing
