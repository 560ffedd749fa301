// SPDX-License-Identifier: Apache-2.0
#include "mail/quoted_printable.hpp"

#include "mail/content_encoding.hpp"

namespace posthouse::mail {

std::string quoted_printable(std::string_view text)
{
    std::string lines;
    lines.reserve(text.size());
    char before = '\0';
    for (const char c : text) {
        if (c == '\n' && before != '\r')
            lines += '\r';
        lines += c;
        before = c;
    }
    return encode_quoted_printable(lines);
}

} // namespace posthouse::mail
