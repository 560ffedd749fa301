// SPDX-License-Identifier: Apache-2.0
#include "mail/notification.hpp"

#include "base/contract.hpp"
#include "mail/date_time.hpp"
#include "mail/field_writer.hpp"
#include "mail/header_block.hpp"
#include "mail/lexical.hpp"
#include "mail/message_id.hpp"
#include "mail/quoted_printable.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace posthouse::mail {
namespace {

constexpr std::size_t most_plain_line_bytes = 998; // RFC 5322 §2.1.1

/// One part of the letter, ready but for its boundary.
struct Part {
    std::string type;
    std::string content;
};

/// Can it stand in a letter as it is? Control characters may, but no reader wants them.
bool is_plain(std::string_view text)
{
    std::size_t line_bytes = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text.substr(at, 2) == "\r\n") {
            line_bytes = 0;
            ++at;
        } else if (!(is_printable(text[at]) || text[at] == '\t') ||
                   ++line_bytes > most_plain_line_bytes) {
            return false;
        }
    }
    return true;
}

/// Three numbers between dots: RFC 3463 §2.
bool is_status(std::string_view text)
{
    if (text.size() < 5 || text[1] != '.' || (text[0] != '4' && text[0] != '5'))
        return false;
    const auto dot = text.find('.', 2);
    if (dot == text.npos)
        return false;
    const auto fits = [](std::string_view digits) {
        return !digits.empty() && digits.size() <= 3 && std::ranges::all_of(digits, is_digit);
    };
    return fits(text.substr(2, dot - 2)) && fits(text.substr(dot + 1));
}

std::string recipient_text(const NonDelivery& report, const ForwardPath& recipient)
{
    return recipient.is_bare_postmaster() ? "postmaster@" + report.host.text() : recipient.text();
}

/// Lines of the text part, set in and broken at spaces. (The part is encoded if one is too long.)
void append_paragraph(std::string& to, std::string_view paragraph)
{
    constexpr std::size_t columns = 72;
    std::size_t column = 0;
    while (!paragraph.empty()) {
        const auto space = std::min(paragraph.find(' '), paragraph.size());
        const auto word = paragraph.substr(0, space);
        paragraph.remove_prefix(std::min(space + 1, paragraph.size()));
        if (word.empty())
            continue;
        if (column == 0 || column + 1 + word.size() > columns) {
            to += column == 0 ? "    " : "\r\n    ";
            column = 4;
        } else {
            to += ' ';
            ++column;
        }
        to += word;
        column += word.size();
    }
    if (column > 0)
        to += "\r\n";
}

Part text_part(const NonDelivery& report, const NotificationLimits& limits)
{
    auto text = fmt::format("This is the mail system of {}.\r\n\r\n"
                            "Your letter could not be delivered to these recipients. It will not "
                            "be tried again.\r\n",
                            report.host.text());
    for (const auto& failure : report.failed) {
        text += "\r\n<" + recipient_text(report, failure.recipient) + ">\r\n";
        if (!failure.remote_host.empty())
            append_paragraph(text, printable(failure.remote_host, 255) + " said:");
        auto reason = std::string_view(failure.reason).substr(0, limits.reason_bytes);
        while (!reason.empty()) {
            const auto end = std::min(reason.find('\n'), reason.size());
            auto line = reason.substr(0, end);
            reason.remove_prefix(std::min(end + 1, reason.size()));
            if (line.ends_with('\r'))
                line.remove_suffix(1);
            append_paragraph(text, printable(line, limits.reason_bytes));
        }
    }
    text += "\r\nThe details for mail software and the header of your letter follow.\r\n";
    return {.type = "text/plain; charset=utf-8", .content = std::move(text)};
}

/// An address in ASCII: RFC 6533 §3 (utf-8-addr-xtext) for one that is not.
std::string typed_address(const std::string& address)
{
    if (is_ascii(address))
        return "rfc822; " + address;
    std::string encoded = "utf-8; ";
    for (std::size_t at = 0; at < address.size();) {
        const auto lead = static_cast<unsigned char>(address[at]);
        const std::size_t length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        auto point = length == 1 ? lead : lead & (0x7fu >> length);
        for (std::size_t i = 1; i < length; ++i)
            point = point << 6 | (static_cast<unsigned char>(address[at + i]) & 0x3fu);
        if (point > ' ' && point < 0x7f && !std::string_view("+=\\").contains(address[at]))
            encoded += address[at];
        else
            encoded += fmt::format("\\x{{{:02X}}}", point);
        at += length;
    }
    return encoded;
}

/// On one line and in ASCII, as the fields of a delivery status want it.
std::string plain_words(std::string_view text)
{
    std::string words(text);
    std::ranges::replace_if(words, is_non_ascii, '?');
    std::ranges::replace_if(words, [](char c) { return c == '\r' || c == '\n' || c == '\t'; }, ' ');
    return words;
}

std::string field(std::string_view name, std::string_view value)
{
    return std::move(FieldWriter(name).text(value)).done();
}

/// RFC 3464 §2: fields about the letter, and then about each recipient.
Part status_part(const NonDelivery& report, const NotificationLimits& limits)
{
    std::string fields = field("Reporting-MTA", "dns; " + plain_words(report.host.text()));
    for (const auto& failure : report.failed) {
        const auto to = recipient_text(report, failure.recipient);
        const bool remote = !failure.remote_host.empty();
        fields += "\r\nFinal-Recipient: " + typed_address(to) + "\r\n";
        fields += "Action: failed\r\n";
        fields += "Status: " + (is_status(failure.status) ? failure.status : "5.0.0") + "\r\n";
        if (remote)
            fields +=
                field("Remote-MTA", "dns; " + plain_words(failure.remote_host.substr(0, 255)));
        if (const auto reason = plain_words(failure.reason.substr(0, limits.reason_bytes));
            !trimmed(reason).empty())
            fields += field("Diagnostic-Code", (remote ? "smtp; " : "x-posthouse; ") + reason);
    }
    return {.type = "message/delivery-status", .content = std::move(fields)};
}

void append_part(std::string& to, const Part& part)
{
    to += "Content-Type: " + part.type + "\r\n";
    if (is_plain(part.content))
        to += "\r\n" + part.content;
    else
        to +=
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + quoted_printable(part.content);
}

/// A boundary that none of the parts holds, whatever a sender wrote to have it there.
std::string boundary_for(const std::vector<std::string>& parts, std::string_view message_id)
{
    std::string boundary = "report-";
    std::ranges::copy_if(message_id.substr(0, 40), std::back_inserter(boundary), is_let_dig);
    const auto occurs = [&](const std::string& part) { return part.contains(boundary); };
    for (char more = '0'; std::ranges::any_of(parts, occurs); more = more == '9' ? '0' : ++more)
        boundary += more;
    return boundary;
}

std::string header_of(const NonDelivery& report, const HeaderBlock& original,
                      std::string_view boundary)
{
    std::string header;
    header += "Date: " + date_time_text(report.at) + "\r\n";
    header += std::move(FieldWriter("From")
                            .text("Mail Delivery System")
                            .word('<' + report.postmaster.text() + '>'))
                  .done();
    header += std::move(FieldWriter("To").word('<' + report.to.text() + '>')).done();
    header += "Subject: Your letter could not be delivered\r\n";
    header += std::move(FieldWriter("Message-ID").word(report.message_id)).done();
    if (const auto* field = original.first("Message-ID")) {
        const auto ids = message_ids(field->raw_value(), {.ids = 1, .id_bytes = 250});
        if (!ids.empty() && is_ascii(ids[0]))
            header += "In-Reply-To: " + ids[0] + "\r\nReferences: " + ids[0] + "\r\n";
    }
    header += "Auto-Submitted: auto-replied\r\n"; // RFC 3834 §5
    header += "MIME-Version: 1.0\r\n";
    header += fmt::format("Content-Type: multipart/report; report-type=delivery-status;\r\n"
                          "\tboundary=\"{}\"\r\n",
                          boundary);
    return header;
}

} // namespace

std::string notification_letter(const NonDelivery& report, const NotificationLimits& limits)
{
    expects(!report.failed.empty() && report.message_id.size() > 2);
    const auto original = HeaderBlock::parse(report.original, {.bytes = limits.header_bytes});
    std::vector<std::string> parts(3);
    append_part(parts[0], text_part(report, limits));
    append_part(parts[1], status_part(report, limits));
    append_part(parts[2], {.type = "text/rfc822-headers", .content = std::string(original.text())});

    const auto boundary = boundary_for(parts, report.message_id);
    auto letter = header_of(report, original, boundary);
    letter += "\r\nThis is a report in MIME form.\r\n";
    for (const auto& part : parts)
        letter += "\r\n--" + boundary + "\r\n" + part;
    return letter + "\r\n--" + boundary + "--\r\n";
}

} // namespace posthouse::mail
