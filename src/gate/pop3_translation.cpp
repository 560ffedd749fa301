// SPDX-License-Identifier: Apache-2.0
#include "gate/pop3_translation.hpp"

#include "mail/message_entry.hpp"

namespace posthouse::gate {

bool add_page(pop3::Maildrop& maildrop, const wire::MaildropPage& page, std::string_view packed)
{
    const auto before = maildrop.messages.empty() ? 0 : maildrop.messages.back().uid;
    if (!maildrop.messages.empty() && maildrop.validity != page.uid_validity())
        return false;
    maildrop.validity = page.uid_validity();
    mail::EntryUnpacker entries(static_cast<std::uint8_t>(mail::EntryField::size), packed);
    while (const auto entry = entries.next()) {
        auto& message = maildrop.messages.emplace_back(
            pop3::Maildrop::Message{.octets = entry->size, .uid = entry->uid});
        const auto own = page.uidls().find(entry->uid);
        if (own == page.uidls().end() || !pop3::is_uidl(own->second))
            continue;
        maildrop.own_uidls.push_back(own->second);
        message.own = static_cast<std::uint32_t>(maildrop.own_uidls.size());
    }
    // A page that goes on has to lead on.
    return !entries.damaged() &&
           (!page.more() || (!maildrop.messages.empty() && maildrop.messages.back().uid > before));
}

pop3::LoginAnswer pop3_login_answer_of(const SaslDialogue::Answer& answer)
{
    if (const auto* challenge = std::get_if<SaslDialogue::Challenge>(&answer))
        return pop3::LoginChallenge{challenge->bytes};
    if (const auto* accepted = std::get_if<SaslDialogue::Accepted>(&answer))
        return pop3::LoginAccepted{accepted->last_words};
    using wire::SaslAnswer;
    switch (std::get<SaslDialogue::Refused>(answer).why) {
    case SaslAnswer::NONE:
        return pop3::LoginRefused::unavailable;
    case SaslAnswer::BRAKED:
        return pop3::LoginRefused::braked;
    case SaslAnswer::NO_MECHANISM:
    case SaslAnswer::NEEDS_TLS:
        return pop3::LoginRefused::not_offered;
    case SaslAnswer::MALFORMED:
        return pop3::LoginRefused::malformed;
    default: // Which of them it was is nobody's business but the log's.
        return pop3::LoginRefused::wrong;
    }
}

} // namespace posthouse::gate
