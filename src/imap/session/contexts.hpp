// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/session/dialogue.hpp"

/// Searches whose results the client is kept told of: RFC 5267 §4.3.
namespace posthouse::imap {

/// Before their EXPUNGEs: numbers are still right then (§4.3.4).
void tell_contexts_of_vanished(Dialogue&, const mail::UidSet&);
/// After EXISTS and FETCH (§4.3.3). What items a search wants of new messages (RFC 5465 §7) is told
/// of those that have arrived.
Task<void> tell_contexts_of_changed(Dialogue&, mail::UidSet changed, mail::UidSet arrived);

} // namespace posthouse::imap
