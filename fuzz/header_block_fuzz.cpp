// SPDX-License-Identifier: Apache-2.0
// fuzzes: mail base
// Any letter: no byte of its header is lost or read twice, whatever the limits; and a
// notification about it is one well-formed letter.

#include "base/contract.hpp"
#include "base/text.hpp"
#include "mail/header_block.hpp"
#include "mail/notification.hpp"

#include <algorithm>
#include <cstdint>

namespace {

using namespace posthouse;
using namespace posthouse::mail;

void check_header(std::string_view letter, const HeaderLimits& limits)
{
    const auto block = HeaderBlock::parse(letter, limits);
    expects(block.fields().size() <= limits.fields);
    expects(block.text().size() <= block.body_offset() && block.body_offset() <= letter.size());
    expects(block.body_offset() <= limits.bytes);
    expects(letter.starts_with(block.text()));
    std::size_t at = 0;
    for (const auto& field : block.fields()) {
        expects(field.offset == at && field.raw == letter.substr(at, field.raw.size()));
        expects(!field.name.empty() || at == 0);
        expects(field.value().find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
        expects(field.name.empty() || block.count(field.name) == block.all(field.name).size());
        at += field.raw.size();
    }
    expects(block.fields_left_out() > 0 || at == block.text().size());
    const auto between =
        letter.substr(block.text().size(), block.body_offset() - block.text().size());
    expects(block.end() == HeaderEnd::blank_line ? between == "\r\n" || between == "\n"
                                                 : between.empty());
}

void check_notification(std::string_view letter)
{
    const Notification report{.host = *Domain::parse("mx.example.org"),
                              .postmaster = *Mailbox::parse("postmaster@example.org"),
                              .to = *Mailbox::parse("fred@example.com"),
                              .told = {{.recipient = ForwardPath::postmaster(),
                                        .status = std::string(letter.substr(0, 6)),
                                        .reason = std::string(letter),
                                        .remote_host = std::string(letter.substr(0, 30))}},
                              .original = letter,
                              .message_id = "<1@example.org>",
                              .at = {}};
    const auto notification = notification_letter(report);
    const auto header = HeaderBlock::parse(notification);
    expects(header.end() == HeaderEnd::blank_line && header.fields().size() <= 12);
    expects(notification.ends_with("\r\n"));
    for (std::string_view rest = notification; !rest.empty();) {
        const auto line = rest.substr(0, rest.find("\r\n"));
        expects(line.size() <= 998 && is_ascii(line));
        expects(line.find_first_of("\r\n") == line.npos);
        rest.remove_prefix(line.size() + 2);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view letter(reinterpret_cast<const char*>(data), size);
    check_header(letter, {});
    check_header(letter, {.bytes = size / 2, .fields = 2});

    check_notification(letter);
    return 0;
}
