// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

/// Content transfer encodings of whole bodies: RFC 2045 §6.7 and §6.8. All of them are exact: what
/// is decoded is, to the byte, what was encoded.
namespace posthouse::mail {

/// Is base64 the better choice: shorter, and nothing legible is lost?
bool prefers_base64(std::string_view body);

/// CRLF is a line's end; a CR or LF alone is encoded. No line that a soft line break made begins
/// with a hyphen, so that none becomes a delimiter of the multipart it stands in.
std::string encode_quoted_printable(std::string_view body);

/// A body that is quoted-printable already, in lines of the right length; 8-bit bytes, which ought
/// not to be there and mean themselves to most, are encoded.
std::string rewrap_quoted_printable(std::string_view body);

/// A body that is base64 already, in lines of the right length, without what decoders have to pass
/// over.
std::string rewrap_base64(std::string_view body);

} // namespace posthouse::mail
