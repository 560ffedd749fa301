// SPDX-License-Identifier: Apache-2.0
// fuzzes: smtp mail base
// Replies come out the same however their bytes were cut, and within the limits.
#include "base/contract.hpp"
#include "base/text.hpp"
#include "smtp/client_capabilities.hpp"
#include "smtp/reply_parser.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

using namespace posthouse;
using namespace posthouse::smtp;

namespace {

constexpr ReplyLimits limits{.line_bytes = 64, .lines = 8, .dropped_bytes = 256};

void check(const RemoteReply& reply)
{
    expects(reply.code >= 200 && reply.code <= 599);
    expects(!reply.lines.empty() && reply.lines.size() <= limits.lines);
    for (const auto& line : reply.lines)
        expects(line.size() <= limits.line_bytes && is_utf8(line) && line == printable(line));
    expects(!reply.enhanced || reply.enhanced->status == reply.severity());
    expects(reply.words(20).size() <= 20);
    parse_capabilities(reply);
}

std::string story(std::string_view bytes, std::size_t piece)
{
    ReplyParser parser(limits);
    std::string told;
    while (!bytes.empty()) {
        parser.receive(bytes.substr(0, piece));
        bytes.remove_prefix(std::min(piece, bytes.size()));
        for (;;) {
            const auto reply = parser.next();
            if (!reply)
                return told + "fault " + std::to_string(static_cast<int>(reply.error()));
            if (!*reply)
                break;
            check(**reply);
            told += std::to_string((*reply)->code) + (*reply)->words(1000) + '\n';
        }
    }
    return told + (parser.empty() ? "" : "more");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto whole = story(bytes, std::string_view::npos);
    expects(whole == story(bytes, 1));
    expects(whole == story(bytes, 7));
    return 0;
}
