// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/keys.hpp"

/// The parts of keys(), in the order of the page.
namespace posthouse::config {

std::span<const Key> server_keys();
std::span<const Key> tls_keys();
std::span<const Key> outgoing_keys();
std::span<const Key> delivery_keys();
std::span<const Key> mailboxes_keys();
std::span<const Key> submit_keys();
std::span<const Key> login_keys();
std::span<const Key> process_keys();

constexpr std::int64_t KiB = 1 << 10, MiB = 1 << 20, GiB = 1 << 30;
constexpr std::int64_t second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;

} // namespace posthouse::config
