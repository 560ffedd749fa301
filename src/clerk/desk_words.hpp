// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "clerk/examiner.hpp"
#include "config/logins.hpp"

#include <string>
#include <string_view>

namespace posthouse::clerk {

/// A name as it was typed, with the default domain where it has none, in the form that names are
/// compared by. What can be no address, in lower case.
std::string completed_user(std::string_view typed, const config::Logins&);
/// alice@EXAMPLE.ORG is alice at the default domain, or else at the realm's. Empty: it is of
/// another realm, or of a service.
std::string user_of_principal(std::string_view principal, const config::Logins&);

/// login.ok, or login.failed where there is a reason.
void log_login(const Attempt&, const Finding&, std::string_view reason);

void wipe(std::string& bytes);

} // namespace posthouse::clerk
