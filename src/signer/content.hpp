// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace posthouse::signer {

/// Is this what a TLS server signs in a handshake, and nothing else that a signature could be good
/// for? TLS 1.3: CertificateVerify (RFC 8446 §4.4.3). TLS 1.2: the parameters of an ephemeral
/// elliptic curve key exchange (RFC 8422 §5.4) in a handshake that TLS 1.3 was offered in too
/// (RFC 8446 §4.1.3): a client that speaks it takes no such signature.
bool is_handshake(std::uint16_t scheme, std::string_view content);

} // namespace posthouse::signer
