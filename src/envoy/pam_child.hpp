// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"

#include <cstdint>
#include <string>

/// What PAM's role does in a process for each question, and what that process's
/// end says.
namespace posthouse::envoy {

enum class PamEnd : std::uint8_t {
    unavailable = 0, // also: it was killed
    right = 10,
    right_but_disabled = 11, // the account has expired, or may not log in now
    wrong = 12,
    nobody = 13,
    somebody = 14,
};

/// What a login of this host may be called here; others are nobody's.
bool is_askable(const std::string& user);

/// Both end the process with a PamEnd.
[[noreturn]] void ask_pam(const std::string& service, const std::string& user,
                          const Secret& password);
[[noreturn]] void ask_user_database(const std::string& user);

} // namespace posthouse::envoy
