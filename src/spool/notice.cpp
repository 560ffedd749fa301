// SPDX-License-Identifier: Apache-2.0
#include "spool/notice.hpp"

namespace posthouse::spool {

NoticeDue notice_of(const Delivery& delivery)
{
    NoticeDue notice;
    notice.set_recipient(delivery.recipient());
    notice.set_final_address(delivery.final_address());
    notice.set_status(delivery.status());
    notice.set_text(delivery.text());
    notice.set_host(delivery.host());
    return notice;
}

} // namespace posthouse::spool
