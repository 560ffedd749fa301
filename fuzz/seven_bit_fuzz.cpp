// SPDX-License-Identifier: Apache-2.0
// fuzzes: mail base
// Whatever the letter: what comes out is what the host takes, and stays so.
#include "base/contract.hpp"
#include "mail/lexical.hpp"
#include "mail/seven_bit.hpp"

#include <algorithm>
#include <cstdint>

using namespace posthouse;
using namespace posthouse::mail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view letter(reinterpret_cast<const char*>(data), size);
    for (const auto demand : {Demand::short_lines, Demand::seven_bit}) {
        const auto converted = encode_for(demand, letter);
        if (!converted) {
            expects(converted.error().status.starts_with("5.6."));
            expects(is_ascii(converted.error().text));
            continue;
        }
        expects(demand == Demand::short_lines || is_ascii(*converted));
        const auto again = encode_for(demand, *converted);
        expects(again.has_value() && *again == *converted);
    }
    return 0;
}
