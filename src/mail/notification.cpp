// SPDX-License-Identifier: Apache-2.0
#include "mail/notification.hpp"

#include "base/contract.hpp"
#include "mail/base64.hpp"
#include "mail/date_time.hpp"
#include "mail/encoded_word.hpp"
#include "mail/field_writer.hpp"
#include "mail/header_block.hpp"
#include "mail/lexical.hpp"
#include "mail/message_id.hpp"
#include "mail/notification_parts.hpp"
#include "mail/quoted_printable.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace posthouse::mail {
namespace {

constexpr std::size_t most_line_bytes = 998; // RFC 5322 §2.1.1

/// A boundary that none of the parts holds, whatever a sender wrote to have it there.
std::string boundary_for(const std::vector<NotificationPart>& parts, std::string_view message_id)
{
    std::string boundary = "report-";
    std::ranges::copy_if(message_id.substr(0, 40), std::back_inserter(boundary), is_let_dig);
    const auto occurs = [&](const NotificationPart& part) {
        return part.content.contains(boundary);
    };
    for (char more = '0'; std::ranges::any_of(parts, occurs); more = more == '9' ? '0' : ++more)
        boundary += more;
    return boundary;
}

Passage subject_of(const Notification& report)
{
    if (report.purpose == Notification::Purpose::double_bounce)
        return Passage::double_bounce_subject;
    if (tells_of(report, Action::failed)) {
        const bool only = std::ranges::all_of(
            report.told, [](const auto& told) { return told.action == Action::failed; });
        return only ? Passage::failed_subject : Passage::mixed_subject;
    }
    if (tells_of(report, Action::delayed))
        return Passage::delayed_subject;
    if (tells_of(report, Action::delivered))
        return Passage::delivered_subject;
    return tells_of(report, Action::relayed) ? Passage::relayed_subject : Passage::expanded_subject;
}

std::string field(std::string_view name, const std::vector<std::string>& words)
{
    FieldWriter writer(name);
    for (const auto& word : words)
        writer.word(word);
    return std::move(writer).done();
}

/// In-Reply-To and References, where the original has an id.
std::string reference_to(std::string_view original, const NotificationLimits& limits)
{
    const auto header = HeaderBlock::parse(original, {.bytes = limits.header_bytes});
    const auto* id_field = header.first("Message-ID");
    if (!id_field)
        return "";
    const auto ids = message_ids(id_field->raw_value(), {.ids = 1, .id_bytes = 250});
    if (ids.empty() || !is_ascii(ids[0]))
        return "";
    return "In-Reply-To: " + ids[0] + "\r\nReferences: " + ids[0] + "\r\n";
}

std::string header_of(const Notification& report, const NotificationWords& words)
{
    PlaceholderValues values;
    values[Placeholder::hostname] = report.host.text();
    values[Placeholder::postmaster] = report.postmaster.text();
    values[Placeholder::letter] = report.letter_id;
    values[Placeholder::sender] = report.to.text();
    auto from = phrase_words(words.line(Passage::letter_from, values));
    from.push_back('<' + report.postmaster.text() + '>');
    std::string header;
    header += "Date: " + date_time_text(report.at) + "\r\n";
    header += field("From", from);
    header += field("To", {'<' + report.to.text() + '>'});
    header += field("Subject", encoded_words(words.line(subject_of(report), values)));
    header += field("Message-ID", {report.message_id});
    return header;
}

std::string_view name_of(BodyEncoding encoding)
{
    switch (encoding) {
    case BodyEncoding::seven_bit:
        return "7bit";
    case BodyEncoding::eight_bit:
        return "8bit";
    case BodyEncoding::quoted_printable:
        return "quoted-printable";
    case BodyEncoding::base64:
        return "base64";
    }
    return "7bit";
}

} // namespace

bool tells_of(const Notification& report, Action action)
{
    return std::ranges::any_of(report.told,
                               [&](const auto& told) { return told.action == action; });
}

bool is_plain_text(std::string_view text)
{
    std::size_t line_bytes = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text.substr(at, 2) == "\r\n") {
            line_bytes = 0;
            ++at;
        } else if (!(is_printable(text[at]) || text[at] == '\t') ||
                   ++line_bytes > most_line_bytes) {
            return false;
        }
    }
    return true;
}

NotificationPart encoded_part(std::string type, std::string content)
{
    if (is_plain_text(content))
        return {std::move(type), BodyEncoding::seven_bit, std::move(content)};
    auto quoted = quoted_printable(content);
    auto based = base64_lines(content);
    if (quoted.size() <= based.size())
        return {std::move(type), BodyEncoding::quoted_printable, std::move(quoted)};
    return {std::move(type), BodyEncoding::base64, std::move(based)};
}

std::string notification_letter(const Notification& report, const NotificationWords& words,
                                const NotificationLimits& limits)
{
    expects(!report.told.empty() && report.message_id.size() > 2);
    std::vector<NotificationPart> parts;
    parts.push_back(text_part(report, words, limits));
    parts.push_back(status_part(report, limits));
    parts.push_back(original_part(report, limits));

    const auto boundary = boundary_for(parts, report.message_id);
    auto letter = header_of(report, words) + reference_to(report.original, limits);
    letter += "Auto-Submitted: auto-replied\r\n"; // RFC 3834 §5
    letter += "MIME-Version: 1.0\r\n";
    letter += fmt::format("Content-Type: multipart/report; report-type=delivery-status;\r\n"
                          "\tboundary=\"{}\"\r\n",
                          boundary);
    if (std::ranges::any_of(
            parts, [](const auto& part) { return part.encoding == BodyEncoding::eight_bit; }))
        letter += "Content-Transfer-Encoding: 8bit\r\n"; // RFC 2045 §6.4
    letter += "\r\nThis is a report in MIME form.\r\n";
    for (const auto& part : parts) {
        letter += "\r\n--" + boundary + "\r\nContent-Type: " + part.type + "\r\n";
        if (part.encoding != BodyEncoding::seven_bit)
            letter += fmt::format("Content-Transfer-Encoding: {}\r\n", name_of(part.encoding));
        letter += "\r\n" + part.content;
    }
    return letter + "\r\n--" + boundary + "--\r\n";
}

} // namespace posthouse::mail
