// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "smtp/client_login.hpp"

#include <memory>
#include <string>

/// Mechanisms by GNU SASL: SCRAM-SHA-256 (RFC 5802, RFC 7677), PLAIN (RFC 4616), LOGIN.
namespace posthouse::courier {

/// Loads what GNU SASL would otherwise look for when it is first used; call it before confinement.
void warm_up_sasl();

std::shared_ptr<const smtp::SaslClient> sasl_client(std::string user, Secret password);

} // namespace posthouse::courier
