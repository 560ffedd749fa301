// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// What a gate writes to the log. The names are interface: docs/events.md lists them with their
/// fields.
namespace posthouse::gate::event {

inline constexpr std::string_view session_opened = "session.opened";
inline constexpr std::string_view session_closed = "session.closed";
inline constexpr std::string_view session_refused = "session.refused";
inline constexpr std::string_view session_failed = "session.failed";
inline constexpr std::string_view tls_failed = "tls.failed";
inline constexpr std::string_view tls_unusable = "tls.unusable";
inline constexpr std::string_view signature_failed = "signature.failed";
inline constexpr std::string_view recipient_refused = "recipient.refused";
inline constexpr std::string_view letter_accepted = "letter.accepted";
inline constexpr std::string_view letter_refused = "letter.refused";
inline constexpr std::string_view milter_failed = "milter.failed";
inline constexpr std::string_view milter_refused = "milter.refused";
inline constexpr std::string_view login_accepted = "login.accepted";
inline constexpr std::string_view login_refused = "login.refused";
inline constexpr std::string_view login_too_soon = "login.too_soon";
inline constexpr std::string_view link_opened = "link.opened";
inline constexpr std::string_view link_lost = "link.lost";
inline constexpr std::string_view listener_unusable = "listener.unusable";
inline constexpr std::string_view accept_failed = "accept.failed";
inline constexpr std::string_view settings_refused = "settings.refused";
inline constexpr std::string_view draining = "gate.draining";

} // namespace posthouse::gate::event
