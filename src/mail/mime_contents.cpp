// SPDX-License-Identifier: Apache-2.0
#include "mail/mime_contents.hpp"

#include "mail/charset.hpp"
#include "mail/html_text.hpp"
#include "mail/lexical.hpp"
#include "mail/utf8.hpp"

#include <algorithm>

namespace posthouse::mail {
namespace {

/// Leaves of text that a reader is shown first.
bool is_shown_text(const MimePart& part)
{
    return part.kind == MimePart::Kind::leaf && part.is("text") &&
           part.disposition != "attachment" && part.subtype != "calendar" &&
           part.subtype != "rfc822-headers" && part.subtype != "css";
}

/// Collapses white space and leaves out lines that are quoted, if `quotes` says so.
enum class Quotes : std::uint8_t { kept, left_out };

std::string flattened(std::string_view text, Quotes quotes, const PreviewLimits& limits)
{
    std::string line;
    std::size_t characters = 0;
    bool space = false;
    for (std::size_t at = 0; at < text.size();) {
        const bool line_begins = at == 0 || text[at - 1] == '\n';
        if (quotes == Quotes::left_out && line_begins && text[at] == '>') {
            at = std::min(text.find('\n', at), text.size());
            continue;
        }
        const auto length = std::max<std::size_t>(1, utf8_length(text.substr(at, 4)));
        const auto character = text.substr(at, length);
        at += length;
        const bool white = static_cast<unsigned char>(character[0]) <= ' ' ||
                           character == "\xc2\xa0" || character == "\xe3\x80\x80" ||
                           character == "\x7f";
        if (white) {
            space = !line.empty();
            continue;
        }
        // Byte order marks, zero-width spaces and soft hyphens: newsletters are full of them.
        if (character == "\xef\xbb\xbf" || character == "\xe2\x80\x8b" ||
            character == "\xe2\x80\x8c" || character == "\xc2\xad" || character == "\xcd\x8f")
            continue;
        if (characters + space + 1 > limits.characters ||
            line.size() + space + length > limits.bytes)
            break;
        line += space ? " " : "";
        line += character;
        characters += space + std::size_t{1};
        space = false;
    }
    return line;
}

std::string preview_of(const MimePart& part, std::string_view letter, const PreviewLimits& limits)
{
    const auto charset = parameter_text(part.parameters, "charset");
    auto text = to_utf8(decoded_body(part, letter, limits.read_bytes), charset);
    if (part.subtype == "html")
        text = html_text(text, limits.bytes * 16);
    auto line = flattened(text, Quotes::left_out, limits);
    return line.empty() ? flattened(text, Quotes::kept, limits) : line;
}

/// Shown with a text, or for programs alone.
bool is_signature(const MimePart& part)
{
    return part.is("application") &&
           (part.subtype == "pgp-signature" || part.subtype == "pkcs7-signature" ||
            part.subtype == "x-pkcs7-signature" || part.subtype == "pgp-encrypted" ||
            part.subtype == "pgp-keys");
}

} // namespace

std::string preview(const MimeTree& tree, std::string_view letter, const PreviewLimits& limits)
{
    constexpr int most_tries = 4;
    int tries = 0;
    for (const auto& part : tree.parts) {
        if (!is_shown_text(part) || part.body.length == 0)
            continue;
        auto line = preview_of(part, letter, limits);
        if (!line.empty() || ++tries == most_tries)
            return line;
    }
    return {};
}

bool has_attachment(const MimeTree& tree)
{
    return std::ranges::any_of(tree.parts, [&](const MimePart& part) {
        if (part.kind == MimePart::Kind::message)
            return true;
        if (part.kind == MimePart::Kind::multipart || is_signature(part))
            return false;
        if (part.disposition == "attachment")
            return true;
        const bool embedded =
            !part.content_id.empty() && tree.parts[part.parent].is("multipart", "related");
        return !embedded && !file_name(part).empty();
    });
}

} // namespace posthouse::mail
