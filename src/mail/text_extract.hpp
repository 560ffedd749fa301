// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/mime.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

/// The words of a letter as UTF-8, for search and for the full-text index.
namespace posthouse::mail {

struct TextPiece {
    enum class Where : std::uint8_t {
        header, ///< One field's value, whole: decoded, on one line.
        body,   ///< A piece of a text part; one part's pieces follow each other.
    };
    Where where = Where::header;
    std::string_view field; ///< Its name as it was written; of a body nothing.
    std::size_t part = 0;   ///< Index in the MimeTree. Header of a letter: 0, or of one inside.
    std::string_view text;  ///< UTF-8, whole characters; valid only during the call.
};

struct TextLimits {
    std::size_t header_bytes = 1 << 20; ///< Of all fields, decoded.
    std::size_t body_bytes = 16 << 20;  ///< Of all text parts, decoded.
    std::size_t piece_bytes = 64 << 10;
};

/// What to give, and how much.
struct TextRequest {
    enum class Wanted : std::uint8_t { header, body, both };
    Wanted wanted = Wanted::both;
    TextLimits limits;
};

enum class Go : std::uint8_t { on, no_further };

/// Calls for each piece in the letter's order: all fields of the letter and of the letters in it,
/// and text parts without their encoding; of HTML only what is shown. The fields of other parts
/// are not given, but for descriptions and file names: as body, since they are shown with it.
/// False: a limit or the caller cut it short.
bool extract_text(std::string_view letter, const MimeTree&, const TextRequest&,
                  const std::function<Go(const TextPiece&)>&);

} // namespace posthouse::mail
