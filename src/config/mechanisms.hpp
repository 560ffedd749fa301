// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/logins.hpp"

#include <string>
#include <vector>

namespace posthouse::config {

/// What a connection is like, as far as logins go.
struct LoginChannel {
    bool tls = false;
    bool binding = false;     // its tls-exporter or tls-server-end-point is known
    bool certificate = false; // of the client, verified, with an address in it
    bool clear = false;       // passwords may be taken without TLS (plaintext_auth)
};

/// The SASL mechanisms to be offered there, in the order of the configuration. The clerk goes by
/// the same list, and refuses what is not in it.
std::vector<std::string> offered_mechanisms(const Logins&, const LoginChannel&);

/// Would it be offered, were there TLS?
bool needs_tls(const Logins&, const LoginChannel&, const std::string& mechanism);

} // namespace posthouse::config
