// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gate/sasl_dialogue.hpp"
#include "mail/received.hpp"
#include "smtp/reply.hpp"
#include "smtp/server_steps.hpp"
#include "wire/frame.hpp"
#include "wire/messages.pb.h"

#include <string_view>

/// Between SMTP's terms and those of the wire.
namespace posthouse::gate {

/// What the peer is told when the keeper does not answer, or cannot. Always transient: a fault of
/// ours must not bounce a letter.
smtp::Reply refusal_of(wire::Failure);
/// A code that makes no sense is a fault of ours, too.
smtp::Verdict verdict_of(const wire::Verdict&);
mail::Transmission transmission_of(const smtp::ServerPeer&, const smtp::MailParameters&);
/// The same for the queue's.
smtp::Reply etrn_reply_of(const wire::EtrnAnswer&);
/// A login's. One that is accepted is not for here: its ticket comes first.
smtp::LoginAnswer smtp_login_answer_of(const SaslDialogue::Answer&);
/// What was asked for the letter's delivery: RFC 3461.
void add_terms(wire::Accept&, const smtp::ServerEnvelope&);
std::string_view body_type_name(smtp::BodyType);

} // namespace posthouse::gate
