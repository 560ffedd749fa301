// SPDX-License-Identifier: Apache-2.0
#include "smtp/client_letter.hpp"

#include <algorithm>
#include <utility>

namespace posthouse::smtp {
namespace {

Disposition disposition_of(Stage stage, const RemoteReply& reply)
{
    if (reply.severity() == 2)
        return Disposition::delivered;
    // A host that turns us away says nothing of the letter, so it may yet be delivered. Only 521,
    // "takes no mail at all", is for good: RFC 7504 §3.
    const bool of_letter = stage >= Stage::mail;
    if (reply.severity() == 5 && (of_letter || (reply.code == 521 && stage != Stage::login)))
        return Disposition::failed;
    return Disposition::deferred;
}

Fault fault_of(Stage stage, const RemoteReply& reply)
{
    if (reply.severity() == 2)
        return Fault::none;
    if (stage < Stage::mail || reply.code == 421)
        return Fault::site;
    if (stage == Stage::rcpt)
        return Fault::recipient;
    // X.3.Z is the status of the mail system over there: RFC 3463 §3.4. X.3.4 is too big a letter.
    if (reply.severity() == 4 && reply.enhanced && reply.enhanced->subject == 3 &&
        reply.enhanced->detail != 4)
        return Fault::site;
    return Fault::letter;
}

std::uint8_t status_class(Disposition disposition)
{
    switch (disposition) {
    case Disposition::delivered:
        return 2;
    case Disposition::failed:
        return 5;
    case Disposition::deferred:
    case Disposition::retry_now:
        return 4;
    }
    std::unreachable();
}

} // namespace

std::string Outcome::summary() const
{
    std::string all;
    if (code != 0)
        all = std::to_string(code) + ' ';
    if (status.status != 0)
        all += status.text() + ' ';
    return all + text;
}

std::size_t LetterResult::count(Disposition disposition) const
{
    return static_cast<std::size_t>(
        std::ranges::count(outcomes, disposition, &Outcome::disposition));
}

Outcome outcome_of(Stage stage, const RemoteReply& reply, std::size_t text_bytes)
{
    Outcome outcome;
    outcome.disposition = disposition_of(stage, reply);
    outcome.fault = fault_of(stage, reply);
    outcome.stage = stage;
    outcome.cause = Cause::reply;
    outcome.code = reply.code;
    outcome.status = reply.enhanced.value_or(EnhancedCode{});
    outcome.status.status = status_class(outcome.disposition);
    outcome.text = reply.words(text_bytes);
    return outcome;
}

Outcome outcome_of(Stage stage, Cause cause, EnhancedCode status, std::string text)
{
    Outcome outcome;
    outcome.disposition = status.status == 5 ? Disposition::failed : Disposition::deferred;
    outcome.stage = stage;
    outcome.cause = cause;
    outcome.status = status;
    outcome.text = std::move(text);
    switch (cause) {
    case Cause::too_large:
    case Cause::not_supported:
    case Cause::not_read:
        outcome.fault = Fault::letter;
        break;
    case Cause::not_sent:
        outcome.fault = Fault::none;
        outcome.disposition = Disposition::retry_now;
        break;
    case Cause::reply:
    case Cause::disconnected:
    case Cause::timed_out:
    case Cause::protocol_error:
    case Cause::tls_failed:
    case Cause::tls_not_offered:
    case Cause::cannot_log_in:
        outcome.fault = Fault::site;
        break;
    }
    return outcome;
}

} // namespace posthouse::smtp
