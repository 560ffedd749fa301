// SPDX-License-Identifier: Apache-2.0
#include "sorter/notify.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"
#include "mail/message_id.hpp"
#include "mail/notification.hpp"
#include "sorter/limits.hpp"

#include <fmt/format.h>

namespace posthouse::sorter {
namespace {

mail::FailedRecipient failed_recipient(const wire::Notify::Failed& failed)
{
    auto recipient = mail::ForwardPath::parse(failed.recipient());
    auto reason = failed.text();
    if (!recipient) { // Its sender has to hear of it all the same.
        reason = fmt::format("{}: {}", printable(failed.recipient(), 256), reason);
        recipient = mail::ForwardPath::parse("unknown@invalid"); // RFC 2606 §2
        expects(recipient.has_value());
    }
    return {.recipient = std::move(*recipient),
            .status = failed.status(),
            .reason = std::move(reason),
            .remote_host = failed.remote_host()};
}

/// Leaves out the second half of those it is about, and says so.
void shorten(mail::NonDelivery& report)
{
    auto& failed = report.failed;
    const auto kept = failed.size() / 2;
    expects(kept > 0);
    failed.erase(failed.begin() + static_cast<std::ptrdiff_t>(kept), failed.end());
}

} // namespace

wire::Result<std::string> compose_notification(const wire::Notify& request,
                                               std::string_view original, Random& random)
{
    const auto host = mail::Domain::parse(request.hostname());
    const auto postmaster = mail::Mailbox::parse(request.postmaster());
    const auto sender = mail::ReversePath::parse(request.sender());
    if (!host || !postmaster || !sender || request.failed().empty() ||
        request.failed_size() > Limits::failed)
        return std::unexpected(wire::Failure::invalid);
    const auto at = from_microseconds(request.at());
    mail::NonDelivery report{.host = *host,
                             .postmaster = *postmaster,
                             .to = sender->mailbox().value_or(*postmaster),
                             .failed = {},
                             .original = original,
                             .message_id = mail::new_message_id(random, *host, at),
                             .at = at};
    for (const auto& failed : request.failed())
        report.failed.push_back(failed_recipient(failed));

    const auto all = report.failed.size();
    for (mail::NotificationLimits limits;;) {
        auto letter = mail::notification_letter(report, limits);
        if (letter.size() <= wire::FrameLimits::raw_bytes)
            return letter;
        if (limits.reason_bytes > 128) {
            limits.reason_bytes /= 4;
            continue;
        }
        shorten(report);
        report.failed.back().reason = fmt::format(
            "{} more recipients failed, who are not named here.", all - report.failed.size());
    }
}

} // namespace posthouse::sorter
