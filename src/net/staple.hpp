// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <expected>
#include <string>
#include <string_view>

struct x509_st;

namespace posthouse::net {

/// What the authority says about a certificate, to be shown with it (RFC 6066 §8, RFC 6960).
struct Staple {
    std::string response; // DER
    Timestamp until;      // its nextUpdate
};

/// The error is a sentence: it is none, or not about this certificate, or does not say until when.
/// Whether it is signed by the right one is the client's to check.
std::expected<Staple, std::string> parse_staple(std::string_view der, x509_st* certificate);

} // namespace posthouse::net
