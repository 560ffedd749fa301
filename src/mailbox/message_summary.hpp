// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message_index.hpp"
#include "mailbox/summary.pb.h"

namespace posthouse::mailbox {

MessageSummary to_summary(const mail::MessageIndex&);
/// Total: what is not there is empty.
mail::MessageIndex to_index(const MessageSummary&);

} // namespace posthouse::mailbox
