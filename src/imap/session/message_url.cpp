// SPDX-License-Identifier: Apache-2.0
#include "imap/session/message_url.hpp"

#include "base/text.hpp"
#include "imap/mailbox_name.hpp"

#include <limits>

namespace posthouse::imap {

namespace {

std::optional<std::string> without_percents(std::string_view text)
{
    const auto digit = [](char c) -> int {
        if (is_digit(c))
            return c - '0';
        const char low = to_lower(c);
        return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
    };
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            plain += text[i];
            continue;
        }
        if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0)
            return std::nullopt;
        plain += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
        i += 2;
    }
    return plain;
}

std::optional<std::uint32_t> uid_in(std::string_view text)
{
    const auto number = parse_number(text);
    if (!number || *number == 0 || *number > std::numeric_limits<std::uint32_t>::max())
        return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

/// "1.5.9", "HEADER", "1.TEXT", "2.MIME", ""
std::optional<Section> section_in(std::string_view text)
{
    Section section;
    while (!text.empty()) {
        const auto dot = text.find('.');
        const auto word = text.substr(0, dot);
        text.remove_prefix(dot == text.npos ? text.size() : dot + 1);
        if (const auto number = uid_in(word)) {
            section.part.push_back(*number);
            if (section.part.size() > 100)
                return std::nullopt;
            continue;
        }
        if (!text.empty())
            return std::nullopt;
        if (equal_ignoring_case(word, "HEADER"))
            section.text = Section::Text::header;
        else if (equal_ignoring_case(word, "TEXT"))
            section.text = Section::Text::text;
        else if (equal_ignoring_case(word, "MIME") && !section.part.empty())
            section.text = Section::Text::mime;
        else
            return std::nullopt;
    }
    return section;
}

std::optional<PartialBytes> partial_in(std::string_view text)
{
    PartialBytes partial{0, std::numeric_limits<std::uint64_t>::max()};
    const auto dot = text.find('.');
    const auto offset = parse_number(text.substr(0, dot));
    if (!offset)
        return std::nullopt;
    partial.offset = *offset;
    if (dot != text.npos) {
        const auto count = parse_number(text.substr(dot + 1));
        if (!count)
            return std::nullopt;
        partial.count = *count;
    }
    return partial;
}

/// "imap://user@host:port" off the front, if it is our host.
bool take_server(std::string_view& url, std::string_view hostname)
{
    if (!starts_with_ignoring_case(url, "imap://"))
        return true;
    url.remove_prefix(7);
    auto server = url.substr(0, url.find('/'));
    url.remove_prefix(server.size());
    if (const auto at = server.rfind('@'); at != server.npos)
        server.remove_prefix(at + 1);
    return equal_ignoring_case(server.substr(0, server.rfind(':')), hostname);
}

/// ";UIDVALIDITY=1" and the like: the value, if the text begins with the name.
std::optional<std::string_view> value_of(std::string_view text, std::string_view name)
{
    if (!starts_with_ignoring_case(text, name))
        return std::nullopt;
    return text.substr(name.size());
}

} // namespace

std::optional<MessageUrl> parse_message_url(std::string_view url, std::string_view hostname)
{
    MessageUrl message;
    if (!take_server(url, hostname))
        return std::nullopt;
    // Behind the mailbox come segments that begin with a semicolon.
    auto end = url.find("/;");
    auto mailbox = url.starts_with(';') ? std::string_view() : url.substr(0, end);
    if (url.starts_with(';'))
        end = 0;
    else if (end == url.npos)
        return std::nullopt;
    else
        ++end;
    auto rest = url.substr(end);
    if (mailbox.starts_with('/'))
        mailbox.remove_prefix(1);
    if (const auto validity = mailbox.rfind(';'); validity != mailbox.npos) {
        const auto value = value_of(mailbox.substr(validity), ";UIDVALIDITY=");
        message.uid_validity = value ? uid_in(*value) : std::nullopt;
        if (!message.uid_validity)
            return std::nullopt;
        mailbox = mailbox.substr(0, validity);
    }
    const auto plain = without_percents(mailbox);
    if (!plain)
        return std::nullopt;
    if (!plain->empty()) {
        const auto name = read_mailbox_name(*plain, NameForm::utf8);
        if (!name)
            return std::nullopt;
        message.mailbox = name->text;
    }
    while (!rest.empty()) {
        const auto slash = rest.find("/;");
        const auto decoded = without_percents(rest.substr(0, slash));
        rest.remove_prefix(slash == rest.npos ? rest.size() : slash + 1);
        if (!decoded)
            return std::nullopt;
        if (const auto value = value_of(*decoded, ";UID=")) {
            message.uid = uid_in(*value).value_or(0);
        } else if (const auto part = value_of(*decoded, ";SECTION=")) {
            const auto section = section_in(*part);
            if (!section)
                return std::nullopt;
            message.section = *section;
        } else if (const auto range = value_of(*decoded, ";PARTIAL=")) {
            message.partial = partial_in(*range);
            if (!message.partial)
                return std::nullopt;
        } else {
            return std::nullopt;
        }
    }
    if (message.uid == 0)
        return std::nullopt;
    return message;
}

} // namespace posthouse::imap
