// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spool/records.pb.h"

namespace posthouse::spool {

/// What the sender is to be told of a delivery that failed.
NoticeDue notice_of(const Delivery&);

} // namespace posthouse::spool
