// SPDX-License-Identifier: Apache-2.0
#include "sorter/notify.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"
#include "mail/message_id.hpp"
#include "mail/notification.hpp"
#include "sorter/limits.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace posthouse::sorter {
namespace {

static_assert(Limits::notification <= wire::FrameLimits::raw_bytes);

std::optional<Timestamp> time_of(std::int64_t microseconds)
{
    if (microseconds == 0)
        return std::nullopt;
    return from_microseconds(microseconds);
}

mail::Action action_of(wire::Notify::Told::Action action)
{
    switch (action) {
    case wire::Notify::Told::DELAYED:
        return mail::Action::delayed;
    case wire::Notify::Told::DELIVERED:
        return mail::Action::delivered;
    case wire::Notify::Told::RELAYED:
        return mail::Action::relayed;
    case wire::Notify::Told::EXPANDED:
        return mail::Action::expanded;
    default:
        return mail::Action::failed;
    }
}

mail::ToldRecipient told_recipient(const wire::Notify::Told& told)
{
    auto recipient = mail::ForwardPath::parse(told.recipient());
    auto reason = told.text();
    if (!recipient) { // Its sender has to hear of it all the same.
        reason = fmt::format("{}: {}", printable(told.recipient(), 256), reason);
        recipient = mail::ForwardPath::parse("unknown@invalid"); // RFC 2606 §2
        expects(recipient.has_value());
    }
    return {.recipient = std::move(*recipient),
            .action = action_of(told.action()),
            .status = told.status(),
            .reason = std::move(reason),
            .remote_host = told.remote_host(),
            .original = told.original(),
            .output = told.output(),
            .final_address = told.final_address(),
            .tried_at = time_of(told.tried_at()),
            .retry_until = time_of(told.given_up_at())};
}

mail::NotificationWords words_for(const wire::Notify& request)
{
    const auto& own = mail::words_of(request.language() == "zh" ? mail::Language::chinese
                                                                : mail::Language::english);
    if (request.template_().empty())
        return own;
    return mail::parse_words(request.template_(), own).value_or(own);
}

/// Makes the next letter smaller. Each time more is lost: the original's body, words, recipients.
void shorten(mail::Notification& report, mail::NotificationLimits& limits)
{
    if (report.returned == mail::Notification::Returned::whole) {
        report.returned = mail::Notification::Returned::header;
    } else if (limits.reason_bytes > 128) {
        limits.reason_bytes /= 4;
        limits.output_bytes /= 4;
    } else {
        const auto kept = report.told.size() / 2;
        expects(kept > 0);
        report.untold += report.told.size() - kept;
        report.told.erase(report.told.begin() + static_cast<std::ptrdiff_t>(kept),
                          report.told.end());
    }
}

} // namespace

wire::Result<std::string> compose_notification(const wire::Notify& request,
                                               std::string_view original, Random& random)
{
    const auto host = mail::Domain::parse(request.hostname());
    const auto postmaster = mail::Mailbox::parse(request.postmaster());
    const auto sender = mail::ReversePath::parse(request.sender());
    if (!host || !postmaster || !sender || request.told().empty() ||
        request.told_size() > Limits::told)
        return std::unexpected(wire::Failure::invalid);
    using Report = mail::Notification;
    const auto at = from_microseconds(request.at());
    Report report{.host = *host,
                  .postmaster = *postmaster,
                  .to = sender->mailbox().value_or(*postmaster),
                  .told = {},
                  .purpose = request.double_bounce() || sender->is_null()
                                 ? Report::Purpose::double_bounce
                                 : Report::Purpose::report,
                  .original = original,
                  .returned = request.whole() ? Report::Returned::whole : Report::Returned::header,
                  .charset = request.smtputf8() ? mail::Charset::utf8 : mail::Charset::ascii,
                  .envelope_id = request.envelope_id(),
                  .letter_id = request.letter() == 0 ? "" : base32_encode(request.letter()),
                  .received_at = time_of(request.received_at()),
                  .received_from = request.received_from(),
                  .message_id = mail::new_message_id(random, *host, at),
                  .at = at};
    std::ranges::transform(request.told(), std::back_inserter(report.told), told_recipient);

    const auto words = words_for(request);
    for (mail::NotificationLimits limits;; shorten(report, limits)) {
        auto letter = mail::notification_letter(report, words, limits);
        if (letter.size() <= Limits::notification)
            return letter;
    }
}

} // namespace posthouse::sorter
