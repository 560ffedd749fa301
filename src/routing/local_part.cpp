// SPDX-License-Identifier: Apache-2.0
#include "routing/local_part.hpp"

#include "base/text.hpp"
#include "mail/lexical.hpp"

namespace posthouse::routing {

std::optional<Detail> detail_of(std::string_view local_part, std::string_view separators)
{
    const auto at = local_part.find_first_of(separators, 1);
    if (at == local_part.npos)
        return std::nullopt;
    Detail detail{.user = local_part.substr(0, at),
                  .detail = local_part.substr(at + 1),
                  .separated = local_part.substr(at),
                  .wildcard = std::string(local_part.substr(0, at + 1))};
    detail.wildcard += '*';
    return detail;
}

std::string key_of(std::string_view local_part, std::string_view domain)
{
    auto key = mail::is_dot_atom(local_part) ? std::string(local_part) : mail::quoted(local_part);
    key += '@';
    key += domain;
    for (char& c : key)
        c = to_lower(c);
    return key;
}

std::optional<std::string> name_key_of(std::string_view local_part)
{
    if (local_part.empty() || local_part.contains('@'))
        return std::nullopt;
    return lowercase(local_part);
}

bool is_local_name(std::string_view text)
{
    return !text.empty() && text.size() <= 64 && mail::is_dot_atom(text);
}

std::string filled(std::string_view text, const Arguments& arguments)
{
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%' || at + 1 == text.size()) {
            out += text[at];
            continue;
        }
        switch (text[++at]) {
        case '0':
            out += arguments.key;
            break;
        case '1':
            out += arguments.first;
            break;
        case '2':
            out += arguments.second;
            break;
        case '3':
            out += arguments.third;
            break;
        case '%':
            out += '%';
            break;
        default: // %4 to %9 are never set; anything else is no argument.
            if (!is_digit(text[at])) {
                out += '%';
                out += text[at];
            }
        }
    }
    return out;
}

FilledAddress filled_address(std::string_view text, const Arguments& arguments)
{
    const auto at = text.rfind('@');
    if (at == text.npos)
        return {.local_part = filled(text, arguments), .mailbox = {}, .is_name = true};
    const auto domain = filled(text.substr(at + 1), arguments);
    auto local_part = text.substr(0, at);
    // What the table itself quotes is written as it is meant.
    if (const auto whole = mail::Mailbox::parse(text); whole && local_part.starts_with('"'))
        return {.local_part = filled(whole->local_part(), arguments),
                .mailbox = mailbox_at(filled(whole->local_part(), arguments), domain)};
    return {.local_part = filled(local_part, arguments),
            .mailbox = mailbox_at(filled(local_part, arguments), domain)};
}

std::optional<mail::Mailbox> mailbox_at(std::string_view local_part, std::string_view domain)
{
    auto text = mail::is_dot_atom(local_part) ? std::string(local_part) : mail::quoted(local_part);
    text += '@';
    text += domain;
    // Only a local part is empty by accident: %1 and the like had nothing to say.
    auto mailbox =
        local_part.empty() ? std::unexpected(mail::AddressError{}) : mail::Mailbox::parse(text);
    return mailbox ? std::optional(std::move(*mailbox)) : std::nullopt;
}

} // namespace posthouse::routing
