// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message_index.hpp"

#include <string_view>

namespace posthouse::imap {

/// All that filing finds out about a letter. Total: every text is a letter; takes linear time.
/// As it is kept (mailbox.MessageSummary) it is never larger than IndexLimits::bytes.
mail::MessageIndex index_message(std::string_view whole_letter, const mail::IndexLimits& = {});

} // namespace posthouse::imap
