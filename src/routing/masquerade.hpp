// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "routing/engine.hpp"

namespace posthouse::routing {

/// genericstable first, whose answer stands; else masquerading. nullopt: it stays as it is.
std::optional<mail::Mailbox> seen_outside(const mail::Mailbox&, const Rules&, const Tables&);

} // namespace posthouse::routing
