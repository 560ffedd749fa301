// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/mime.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::mail {

/// Takes a content transfer encoding off, in pieces cut anywhere: RFC 2045 §6.7, §6.8. What no
/// encoder writes is passed over, or, in quoted-printable, left as it is. Encodings without a code
/// (7bit, unknown ones) pass unchanged.
class TransferDecoder {
public:
    explicit TransferDecoder(TransferEncoding encoding) : encoding_(encoding) {}

    /// Appends to `to` what is certain so far.
    void decode(std::string_view piece, std::string& to);
    /// What was left of the last piece.
    void finish(std::string& to);

private:
    void decode_base64(std::string_view piece, std::string& to);
    void decode_quoted_printable(std::string_view piece, std::string& to);
    void decode_uuencode(std::string_view piece, std::string& to);
    void take_uuencoded_line(std::string& to);

    TransferEncoding encoding_;
    std::string held_;        ///< Quoted-printable, uuencode: what needs the next bytes.
    std::uint32_t group_ = 0; ///< Base64: bits not yet given,
    unsigned digits_ = 0;     ///< and how many digits they are.
    bool begun_ = false;      ///< uuencode: behind `begin`
};

} // namespace posthouse::mail
