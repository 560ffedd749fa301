// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "wire/frame.hpp"
#include "wire/messages.pb.h"

#include <string>
#include <string_view>

namespace posthouse::sorter {

/// The letter that tells a sender what became of a letter; `original` is that letter's beginning,
/// or all of it where the request says so. It fits Limits::notification: the
/// original is cut down to its
/// header first, then the reasons, and then recipients are left out and counted.
/// Words that cannot be read are not used; the language's own are. To the postmaster, and saying
/// so, where the sender is null.
/// Failure::invalid: an address or the host's name is none, or nobody is told of.
wire::Result<std::string> compose_notification(const wire::Notify&, std::string_view original,
                                               Random&);

} // namespace posthouse::sorter
