// SPDX-License-Identifier: Apache-2.0
// fuzzes: imap
#include "base/contract.hpp"
#include "tests/imap/framing_rehearsal.hpp"

#include <cstdint>

/// The first two bytes choose how the input is cut, what the session does about messages, and how
/// literals may come. However it is cut, the same frames come out.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace posthouse::imap;
    if (size < 2)
        return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
    FramingScript script;
    script.limits = {.command_bytes = 60,
                     .literal_bytes = 30,
                     .literals_bytes = 50,
                     .literals = 4,
                     .message_bytes = 40,
                     .stranger_bytes = 40,
                     .mode = data[1] & 1 ? LiteralMode::minus : LiteralMode::plus};
    script.trusted = data[1] & 2;
    const auto verdict = static_cast<FramingScript::Verdict>(data[1] / 4 % 4);
    script.judge = [=](const frame::MessageHead& head) {
        posthouse::expects(head.text.size() <= 60 + 50 + 2 * 4 + 4 * 10);
        posthouse::expects(head.bytes <= 40);
        return verdict;
    };
    const auto whole = FramingRehearsal(script).play(input, input.size(), 1);
    const auto cut = FramingRehearsal(script).play(input, data[0] / 16, 1 + data[0] % 16);
    posthouse::expects(whole == cut);
    return 0;
}
