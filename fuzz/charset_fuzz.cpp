// SPDX-License-Identifier: Apache-2.0
// fuzzes: mail base
// A label, a line end, and bytes: whatever they are, UTF-8 comes out, the same however the bytes
// were cut, and it folds to what folds to itself.
#include "base/contract.hpp"
#include "base/text.hpp"
#include "mail/charset.hpp"
#include "mail/fold.hpp"
#include "mail/header_text.hpp"
#include "mail/html_text.hpp"
#include "mail/utf8.hpp"

#include <algorithm>
#include <cstdint>

using namespace posthouse;
using namespace posthouse::mail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto line_end = std::min(input.find('\n'), size);
    const auto label = input.substr(0, line_end);
    const auto bytes = input.substr(std::min(line_end + 1, size));
    for (const auto guess : {Guess::never, Guess::sensibly}) {
        const auto text = to_utf8(bytes, label, guess);
        expects(is_utf8(text) && text.size() <= 3 * bytes.size() + 3);
        const auto front = to_utf8(bytes, label, guess, 10);
        expects(front.size() <= 10 && is_utf8(front) && text.starts_with(front));
        CharsetDecoder decoder(label, guess);
        std::string pieces;
        for (const char c : bytes)
            decoder.decode({&c, 1}, pieces);
        decoder.finish(pieces);
        expects(pieces == text);

        const auto folded = fold(text);
        expects(is_utf8(folded) && fold(folded) == folded);
        expects(contains_folded(text, utf8_front(folded, 12)));
    }
    expects(is_utf8(header_text(bytes)));
    const auto shown = html_text(well_formed_utf8(bytes), 1000);
    expects(is_utf8(shown) && shown.size() <= 1000);
    return 0;
}
