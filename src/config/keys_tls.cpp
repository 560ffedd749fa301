// SPDX-License-Identifier: Apache-2.0
#include "config/key_parts.hpp"

#include <array>

namespace posthouse::config {

namespace {

constexpr std::array table{
    Key{"tls.certificate", Type::path, "",
        "File with the certificate and its intermediates, PEM. Needs `key`."},
    Key{"tls.key", Type::path, "",
        "File with the private key, PEM: RSA of 2048 to 4096 bits, ECDSA of P-256 or P-384, or "
        "Ed25519. Needs `certificate`."},
    Key{"tls.minimum", Type::choice, "\"1.2\"", "The oldest version of TLS that is spoken.", 0, 0,
        "1.2 1.3"},
    Key{"tls.ocsp_response", Type::path, "",
        "File with the authority's answer about the certificate (OCSP, DER), which is handed to "
        "clients that ask while it is valid."},
    Key{"tls.client_authorities", Type::path, "",
        "File with the authorities that sign clients' certificates, PEM. Where users log in, "
        "clients are then asked for one, and may log in with it (SASL EXTERNAL)."},
    Key{"tls.ticket_rotation", Type::duration, "\"6h\"",
        "How long one key serves for session tickets. A session can be resumed for up to twice as "
        "long.",
        minute, 3 * day},

    Key{"tls.site[].names", Type::certificate_names, "",
        "Required in each `[[tls.site]]`: clients that ask for one of these names are shown this "
        "certificate; `*.` stands for one label. All others are shown that of `[tls]`, which must "
        "be there too."},
    Key{"tls.site[].certificate", Type::path, "",
        "Required in each `[[tls.site]]`: file with the certificate and its intermediates, PEM."},
    Key{"tls.site[].key", Type::path, "",
        "Required in each `[[tls.site]]`: file with the private key, PEM."},
    Key{"tls.site[].ocsp_response", Type::path, "", "As `ocsp_response` under `[tls]`."},
};

} // namespace

std::span<const Key> tls_keys()
{
    return table;
}

} // namespace posthouse::config
