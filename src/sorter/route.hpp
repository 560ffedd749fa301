// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/frame.hpp"
#include "wire/messages.pb.h"

#include <string_view>

namespace posthouse::sorter {

/// Where each recipient's letter goes. `header` is the letter's beginning. Every recipient has
/// one delivery, in their order; one without a destination is refused, with status and text.
/// A letter that goes in a circle is refused (RFC 5321 §6.3): one with more Received: fields than
/// the hop limit for all, one that a mailbox had before for that mailbox.
/// Failure::invalid: no such request can be meant.
wire::Result<wire::Routed> route_letter(const wire::Route&, std::string_view header);

} // namespace posthouse::sorter
