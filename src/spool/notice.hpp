// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spool/ids.hpp"
#include "spool/records.pb.h"

#include <cstdint>
#include <optional>

namespace posthouse::spool {

/// The bits of RecipientTerms.notify and Delivery.notify. RFC 3461 §4.1
inline constexpr std::uint32_t notify_never = 1;
inline constexpr std::uint32_t notify_success = 2;
inline constexpr std::uint32_t notify_failure = 4;
inline constexpr std::uint32_t notify_delay = 8;

/// What the sender is to be told of a delivery.
NoticeDue notice_of(const Delivery&, Action);

/// Names its row. What a sender is told of a delay may be on its way while the delivery ends, so it
/// is never the row of that.
DeliveryId key_of_notice(DeliveryId, Action);

/// Does whoever asked for `notify` want to hear of this?
bool is_wanted(std::uint32_t notify, Action);

/// The notice, if it is wanted.
std::optional<NoticeDue> notice_owed(const Delivery&, Action);

} // namespace posthouse::spool
