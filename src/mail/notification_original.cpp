// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "mail/base64.hpp"
#include "mail/header_block.hpp"
#include "mail/notification_parts.hpp"

#include <algorithm>

namespace posthouse::mail {
namespace {

/// What may go as 7bit or 8bit (RFC 2045 §2.7, §2.8): lines of 998 bytes at most that end with
/// CRLF, no other CR or LF, no NUL.
bool is_of_lines(std::string_view text)
{
    constexpr std::size_t most_line_bytes = 998;
    std::size_t line_bytes = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text.substr(at, 2) == "\r\n") {
            line_bytes = 0;
            ++at;
        } else if (text[at] == '\r' || text[at] == '\n' || text[at] == '\0' ||
                   ++line_bytes > most_line_bytes) {
            return false;
        }
    }
    return true;
}

/// A part with UTF-8 in its header. Only a sender whose address is not ASCII is known to be reached
/// by hosts that take 8bit; for others it must be encoded (RFC 6533 §4.5), and may be.
NotificationPart global_part(std::string type, std::string content, const Mailbox& to)
{
    const bool has_lines = is_of_lines(content);
    if (!to.is_ascii() && has_lines)
        return {std::move(type), BodyEncoding::eight_bit, std::move(content)};
    auto part = encoded_part(type, content);
    if (has_lines || part.encoding == BodyEncoding::base64)
        return part;
    // Quoted-printable would mend its line ends.
    return {std::move(type), BodyEncoding::base64, base64_lines(content)};
}

} // namespace

NotificationPart original_part(const Notification& report, const NotificationLimits& limits)
{
    const auto header = HeaderBlock::parse(report.original, {.bytes = limits.header_bytes});
    const bool is_global = report.charset == Charset::utf8 && !is_ascii(header.text());
    const bool whole = report.returned == Notification::Returned::whole &&
                       report.original.size() <= limits.whole_bytes &&
                       tells_of(report, Action::failed);
    if (whole && is_global)
        return global_part("message/global", std::string(report.original), report.to);
    if (whole && is_of_lines(report.original)) // No encoding may help: RFC 2046 §5.2.1
        return {"message/rfc822",
                is_ascii(report.original) ? BodyEncoding::seven_bit : BodyEncoding::eight_bit,
                std::string(report.original)};
    if (is_global)
        return global_part("message/global-headers", std::string(header.text()), report.to);
    return encoded_part("text/rfc822-headers", std::string(header.text()));
}

} // namespace posthouse::mail
