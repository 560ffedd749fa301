// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "wire/frame.hpp"
#include "wire/messages.pb.h"

#include <string>
#include <string_view>

namespace posthouse::sorter {

/// The letter that tells a sender which recipients did not get theirs; `original` is the failed
/// letter's beginning. It fits one frame: the reasons are cut before a recipient is left out.
/// Failure::invalid: an address or the host's name is none, or nobody failed.
wire::Result<std::string> compose_notification(const wire::Notify&, std::string_view original,
                                               Random&);

} // namespace posthouse::sorter
