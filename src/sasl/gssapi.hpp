// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sasl/dialogue.hpp"

#include <memory>
#include <string>

namespace posthouse::sasl {

/// Does the GNU SASL of this host have Kerberos?
bool has_gssapi();
/// GSSAPI (RFC 4752) by GNU SASL, with the keys of the default keytab for service/hostname.
/// Accepted::user is the principal, with its realm. Nothing: it cannot.
std::unique_ptr<Dialogue> gssapi_dialogue(const std::string& service, const std::string& hostname);

} // namespace posthouse::sasl
