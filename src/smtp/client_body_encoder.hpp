// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::smtp {

/// A letter's bytes as they go behind DATA: RFC 5321 §4.5.2.
///
/// A line that begins with a dot gets another one, and the last line a CR LF if it has none. What
/// is no canonical line end must not go out (RFC 5321 §2.3.8), since hosts differ in what they
/// make of it, and one letter could become two (CVE-2023-51764): a lone LF becomes CR LF, which
/// most hosts would read it as, and a lone CR a space.
class ClientBodyEncoder {
public:
    void encode(std::string_view piece, std::string& to);
    /// The end of the data. The encoder then is as new.
    void finish(std::string& to);

private:
    void encode_line(std::string_view line, std::string& to);

    enum class At : std::uint8_t { line_start, text, cr } at_ = At::line_start;
};

} // namespace posthouse::smtp
