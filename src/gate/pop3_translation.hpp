// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/sasl_dialogue.hpp"
#include "pop3/session.hpp"
#include "wire/messages.pb.h"

/// Between POP3's terms and those of the wire.
namespace posthouse::gate {

pop3::Maildrop maildrop_of(const wire::Maildrop&);
pop3::LoginAnswer login_answer_of(const SaslDialogue::Answer&);

} // namespace posthouse::gate
