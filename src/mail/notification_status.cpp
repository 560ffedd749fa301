// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "mail/date_time.hpp"
#include "mail/field_writer.hpp"
#include "mail/lexical.hpp"
#include "mail/notification_parts.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace posthouse::mail {
namespace {

constexpr std::size_t most_address_bytes = 500; // RFC 3461 §5.4 (c)
constexpr std::size_t most_host_bytes = 255;

std::string_view name_of(Action action)
{
    switch (action) {
    case Action::failed:
        return "failed";
    case Action::delayed:
        return "delayed";
    case Action::delivered:
        return "delivered";
    case Action::relayed:
        return "relayed";
    case Action::expanded:
        return "expanded";
    }
    return "failed";
}

/// Three numbers between dots (RFC 3463 §2) that fit what happened.
std::string status_of(const ToldRecipient& told)
{
    const std::string_view classes = told.action == Action::failed    ? "54"
                                     : told.action == Action::delayed ? "4"
                                                                      : "2";
    const std::string_view status = told.status;
    const auto otherwise = fmt::format("{}.0.0", classes[0]);
    if (status.size() < 5 || !classes.contains(status[0]) || status[1] != '.')
        return otherwise;
    const auto dot = status.find('.', 2);
    const auto is_number = [](std::string_view digits) {
        return !digits.empty() && digits.size() <= 3 && std::ranges::all_of(digits, is_digit);
    };
    if (dot == status.npos || !is_number(status.substr(2, dot - 2)) ||
        !is_number(status.substr(dot + 1)))
        return otherwise;
    return told.status;
}

/// utf-8-addr-xtext, RFC 6533 §3: an address in ASCII. `address` is UTF-8.
std::string unitext(std::string_view address)
{
    std::string encoded;
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

void append_utf8(std::string& to, std::uint32_t point)
{
    const auto add = [&](std::uint32_t byte) { to += static_cast<char>(byte); };
    if (point < 0x80)
        return add(point);
    if (point < 0x800) {
        add(0xc0 | point >> 6);
    } else {
        if (point < 0x10000) {
            add(0xe0 | point >> 12);
        } else {
            add(0xf0 | point >> 18);
            add(0x80 | (point >> 12 & 0x3f));
        }
        add(0x80 | (point >> 6 & 0x3f));
    }
    add(0x80 | (point & 0x3f));
}

/// The address that `\x{…}` in it stands for, and nothing if it is none.
std::optional<Mailbox> without_unitext(std::string_view encoded)
{
    std::string address;
    while (!encoded.empty()) {
        const auto end = encoded.find('}');
        if (!encoded.starts_with("\\x{") || end == encoded.npos || end < 5 || end > 9) {
            address += encoded[0];
            encoded.remove_prefix(1);
            continue;
        }
        std::uint32_t point = 0;
        for (const char c : encoded.substr(3, end - 3)) {
            const auto digit = std::string_view("0123456789ABCDEF").find(to_upper(c));
            if (digit == std::string_view::npos)
                return std::nullopt;
            point = point << 4 | static_cast<std::uint32_t>(digit);
        }
        if (point > 0x10ffff)
            return std::nullopt;
        append_utf8(address, point);
        encoded.remove_prefix(end + 1);
    }
    auto mailbox = Mailbox::parse(address);
    if (!mailbox)
        return std::nullopt;
    return std::move(*mailbox);
}

/// Writes the fields of one notification, in ASCII (RFC 3464) or in UTF-8 (RFC 6533 §4.1).
class StatusWriter {
public:
    StatusWriter(const Notification& report, Charset charset, const NotificationLimits& limits)
        : report_(report),
          charset_(charset),
          limits_(limits)
    {
    }

    std::string write()
    {
        if (!report_.envelope_id.empty())
            line("Original-Envelope-Id", words(report_.envelope_id, most_address_bytes));
        text("Reporting-MTA", "dns; " + words(report_.host.text(), most_host_bytes));
        if (const auto from = received_from(); !from.empty())
            text("Received-From-MTA", "dns; " + from);
        if (report_.received_at)
            line("Arrival-Date", date_time_text(*report_.received_at));
        for (const auto& told : report_.told) {
            fields_ += "\r\n";
            write_recipient(told);
        }
        return std::move(fields_);
    }

private:
    void write_recipient(const ToldRecipient& told)
    {
        if (const auto original = original_recipient(told.original); !original.empty())
            line("Original-Recipient", original);
        line("Final-Recipient",
             typed_address(told.recipient.is_bare_postmaster() ? "postmaster@" + report_.host.text()
                                                               : told.recipient.text()));
        line("Action", name_of(told.action));
        line("Status", status_of(told));
        const bool remote = !told.remote_host.empty();
        if (remote)
            text("Remote-MTA", "dns; " + words(told.remote_host, most_host_bytes));
        if (const auto reason = words(told.reason, limits_.reason_bytes); !trimmed(reason).empty())
            text("Diagnostic-Code", (remote ? "smtp; " : "x-posthouse; ") + reason);
        if (told.tried_at)
            line("Last-Attempt-Date", date_time_text(*told.tried_at));
        if (!report_.letter_id.empty())
            line("Final-Log-Id", words(report_.letter_id, most_host_bytes));
        if (told.action == Action::delayed && told.retry_until)
            line("Will-Retry-Until", date_time_text(*told.retry_until));
    }

    /// On one line, in the charset, without control characters.
    std::string words(std::string_view raw, std::size_t most) const
    {
        std::string one_line(raw.substr(0, most));
        std::ranges::replace_if(
            one_line, [](char c) { return c == '\r' || c == '\n' || c == '\t'; }, ' ');
        const auto clean = printable(one_line, std::string_view::npos);
        if (charset_ == Charset::utf8)
            return clean;
        std::string ascii; // A question mark for each character.
        for (const char c : clean)
            if (!is_non_ascii(c) || (static_cast<unsigned char>(c) & 0xc0) == 0xc0)
                ascii += is_non_ascii(c) ? '?' : c;
        return ascii;
    }

    std::string typed_address(const std::string& address) const
    {
        if (is_ascii(address))
            return "rfc822; " + address;
        return "utf-8; " + (charset_ == Charset::utf8 ? address : unitext(address));
    }

    std::string original_recipient(std::string_view said) const
    {
        const auto semicolon = said.find(';');
        if (semicolon == said.npos || said.size() > most_address_bytes)
            return "";
        const auto type = trimmed(said.substr(0, semicolon));
        const auto address = trimmed(said.substr(semicolon + 1));
        const auto fits = [](char c) { return is_atext(c); };
        if (type.empty() || address.empty() || !std::ranges::all_of(type, fits))
            return "";
        if (equal_ignoring_case(type, "utf-8") || !is_ascii(address)) {
            if (const auto mailbox = without_unitext(address))
                return "utf-8; " +
                       (charset_ == Charset::utf8 ? mailbox->text() : unitext(mailbox->text()));
        }
        return std::string(type) + "; " + words(address, most_address_bytes);
    }

    std::string received_from() const
    {
        const auto& from = report_.received_from;
        if (from.contains(':')) {
            const auto tagged = "[IPv6:" + from + "]";
            return Domain::parse(tagged) ? tagged : "";
        }
        if (const auto literal = Domain::parse('[' + from + ']'); literal && !from.starts_with('['))
            return literal->text();
        const auto name = Domain::parse(from);
        return name ? words(name->text(), most_host_bytes) : "";
    }

    void line(std::string_view name, std::string_view value)
    {
        fields_ += fmt::format("{}: {}\r\n", name, value);
    }
    /// May be folded at its spaces.
    void text(std::string_view name, std::string_view value)
    {
        fields_ += std::move(FieldWriter(name).text(value)).done();
    }

    const Notification& report_;
    Charset charset_;
    const NotificationLimits& limits_;
    std::string fields_;
};

} // namespace

NotificationPart status_part(const Notification& report, const NotificationLimits& limits)
{
    auto ascii = StatusWriter(report, Charset::ascii, limits).write();
    if (report.charset == Charset::utf8) {
        auto global = StatusWriter(report, Charset::utf8, limits).write();
        constexpr auto type = "message/global-delivery-status";
        if (!report.to.is_ascii() && !is_ascii(global))
            return {type, BodyEncoding::eight_bit, std::move(global)};
        // Addresses lose nothing in ASCII, and more programs read it; what hosts said does.
        if (std::ranges::any_of(report.told, [](const auto& told) {
                return !is_ascii(told.reason) || !is_ascii(told.remote_host);
            }))
            return encoded_part(type, std::move(global));
    }
    return {"message/delivery-status", BodyEncoding::seven_bit, std::move(ascii)};
}

} // namespace posthouse::mail
