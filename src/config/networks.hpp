// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

namespace posthouse::config {

/// Do these networks, each as is_network() takes it, hold all addresses of IPv4, or all of IPv6
/// that are in use? Whether by one network or by several, such as the two halves.
bool holds_everyone(std::span<const std::string> networks);

} // namespace posthouse::config
