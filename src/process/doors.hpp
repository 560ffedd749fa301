// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"
#include "config/config.hpp"
#include "wire/messages.pb.h"

#include <expected>
#include <optional>
#include <string>

/// Connections that the supervisor opens for a gate, which may open none. It never waits for one:
/// what it hands over may still be connecting, and whoever gets it waits.
namespace posthouse::process {

constexpr std::uint16_t ident_port = 113; // RFC 1413 §3

/// A non-blocking socket, connected or connecting. The error says why there is none.
std::expected<UniqueFd, std::string> start_connection(const std::string& unix_path);
/// `from`: the address of ours to come from.
std::expected<UniqueFd, std::string>
start_connection(const config::Endpoint&, const std::optional<std::string>& from = std::nullopt);

/// What a gate asks for, where the configuration allows it: a filter that it names, or an ident
/// server. Anything else is refused, since a gate may have fallen to a client.
std::expected<UniqueFd, std::string> open_door(const config::Config&,
                                               const wire::Control::Connect&);

} // namespace posthouse::process
