// SPDX-License-Identifier: Apache-2.0
#include "spool/notice.hpp"

namespace posthouse::spool {

NoticeDue notice_of(const Delivery& delivery, Action action)
{
    NoticeDue notice;
    notice.set_action(action);
    notice.set_recipient(delivery.recipient());
    notice.set_final_address(delivery.final_address());
    notice.set_status(delivery.status());
    notice.set_text(delivery.text());
    notice.set_host(delivery.host());
    notice.set_original(delivery.original());
    notice.set_output(delivery.output());
    notice.set_has_sender(delivery.has_sender());
    notice.set_sender(delivery.sender());
    return notice;
}

DeliveryId key_of_notice(DeliveryId delivery, Action action)
{
    return action == ACTION_DELAYED ? DeliveryId{~delivery.value} : delivery;
}

bool is_wanted(std::uint32_t notify, Action action)
{
    if (notify == 0) // RFC 3461 §4.1: nothing said, so failures, and delays as the host pleases
        return action == ACTION_FAILED || action == ACTION_DELAYED;
    switch (action) {
    case ACTION_FAILED:
        return (notify & notify_failure) != 0;
    case ACTION_DELAYED:
        return (notify & notify_delay) != 0;
    default:
        return (notify & notify_success) != 0;
    }
}

std::optional<NoticeDue> notice_owed(const Delivery& delivery, Action action)
{
    if (!is_wanted(delivery.notify(), action))
        return std::nullopt;
    return notice_of(delivery, action);
}

} // namespace posthouse::spool
