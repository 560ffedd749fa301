// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/sasl_dialogue.hpp"
#include "pop3/session.hpp"
#include "wire/mailboxes.pb.h"

#include <string_view>

/// Between POP3's terms and those of the wire.
namespace posthouse::gate {

/// False: the page makes no sense, or is of another maildrop than those before.
[[nodiscard]] bool add_page(pop3::Maildrop&, const wire::MaildropPage&, std::string_view packed);
pop3::LoginAnswer pop3_login_answer_of(const SaslDialogue::Answer&);

} // namespace posthouse::gate
