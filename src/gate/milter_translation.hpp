// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"
#include "milter/chain.hpp"
#include "smtp/server_steps.hpp"
#include "wire/messages.pb.h"

#include <string>
#include <string_view>
#include <vector>

/// Between what the gate knows and what filters are asked and say.
namespace posthouse::gate {

std::vector<milter::Filter> filters_of(const config::Config&);
milter::Limits milter_limits_of(const config::Config&);

milter::question::Connect connect_question(const wire::Origin&, const config::Config&);
milter::question::Helo helo_question(const wire::Origin&);
/// `id`: of the letter, for filters' logs; it has none of its own yet.
milter::question::Mail mail_question(const smtp::server_step::CheckRecipients&, const wire::Origin&,
                                     std::string_view id);
/// `refusal`: ours, or nullptr.
milter::question::Recipient recipient_question(const mail::ForwardPath&,
                                               const mail::RecipientTerms&,
                                               const smtp::Reply* refusal);
milter::Macros message_macros(std::string_view id, std::string_view letter);

milter::Envelope milter_envelope_of(const wire::Accept&);
smtp::Reply reply_of(const milter::Verdict&);

/// What the filters made of the letter, into what the keeper is sent. Its text, where edits of
/// it would not do.
std::optional<std::string> apply_draft(const milter::Draft&, std::string_view letter,
                                       wire::Accept&);

} // namespace posthouse::gate
