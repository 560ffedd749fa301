// SPDX-License-Identifier: Apache-2.0
// fuzzes: mail base
// Any file of words: what is taken makes a letter of sound lines with one header and three parts,
// whatever else is in the letter (the same bytes are).
#include "base/contract.hpp"
#include "base/text.hpp"
#include "mail/header_block.hpp"
#include "mail/notification.hpp"

#include <algorithm>
#include <cstdint>

namespace {

using namespace posthouse;
using namespace posthouse::mail;

void check_lines(std::string_view letter)
{
    expects(letter.ends_with("\r\n"));
    while (!letter.empty()) {
        const auto line = letter.substr(0, letter.find("\r\n"));
        expects(line.size() <= 998);
        expects(
            std::ranges::all_of(line, [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; }));
        letter.remove_prefix(line.size() + 2);
    }
}

void check_letter(const Notification& report, const NotificationWords& words)
{
    const auto letter = notification_letter(report, words);
    check_lines(letter);
    const auto header = HeaderBlock::parse(letter);
    expects(header.end() == HeaderEnd::blank_line);
    for (const auto* name : {"Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted",
                             "MIME-Version", "Content-Type"})
        expects(header.count(name) == 1);
    expects(header.fields().size() <= 10); // In-Reply-To and References beside those.
    const auto type = header.first("Content-Type")->value();
    const auto boundary = type.substr(type.find("boundary=\"") + 10);
    const auto delimiter = "\r\n--" + boundary.substr(0, boundary.find('"'));
    std::size_t delimiters = 0;
    for (auto at = letter.find(delimiter); at != letter.npos; at = letter.find(delimiter, at + 1))
        ++delimiters;
    expects(delimiters == 4);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto words = parse_words(input);
    if (!words)
        expects(!words.error().what.empty());
    const auto& own = words ? *words : words_of(Language::chinese);
    for (const auto action :
         {Action::failed, Action::delayed, Action::delivered, Action::relayed, Action::expanded}) {
        Notification report{.host = *Domain::parse("mx.example.org"),
                            .postmaster = *Mailbox::parse("postmaster@example.org"),
                            .to = *Mailbox::parse("fred@example.com"),
                            .told = {{.recipient = *ForwardPath::parse("bob@example.net"),
                                      .action = action,
                                      .status = std::string(input),
                                      .reason = std::string(input),
                                      .remote_host = std::string(input),
                                      .original = std::string(input),
                                      .output = std::string(input),
                                      .final_address = std::string(input)}},
                            .original = input,
                            .envelope_id = std::string(input.substr(0, 100)),
                            .letter_id = std::string(input.substr(0, 100)),
                            .received_from = std::string(input.substr(0, 255)),
                            .message_id = "<2@mx.example.org>",
                            .at = from_microseconds(0)};
        check_letter(report, own);
        report.charset = Charset::utf8;
        report.purpose = Notification::Purpose::double_bounce;
        check_letter(report, own);
    }
    return 0;
}
