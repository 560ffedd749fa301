// SPDX-License-Identifier: Apache-2.0
// fuzzes: mail
// A letter's head from the drop: what is read keeps to the limits and is written and read the same.

#include "base/contract.hpp"
#include "mail/drop.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using posthouse::expects;
    using namespace posthouse::mail;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto parsed = parse_drop(text)) {
        expects(parsed->head_bytes <= size);
        expects(parsed->drop.recipients.size() <= DropLimits::recipients);
        const auto again = parse_drop(drop_head(parsed->drop));
        expects(again && again->drop == parsed->drop);
    }
    if (const auto original = parse_original_recipient(text))
        for (const auto charset : {Charset::ascii, Charset::utf8})
            expects(!original_recipient_text(*original, charset).contains(' '));
    if (const auto decoded = decode_xtext(text))
        expects(decode_xtext(encode_xtext(*decoded)) == *decoded);
    return 0;
}
