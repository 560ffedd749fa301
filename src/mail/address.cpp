// SPDX-License-Identifier: Apache-2.0
#include "mail/address.hpp"

#include "mail/lexical.hpp"

namespace posthouse::mail {
namespace {

constexpr std::size_t most_local_part_bytes = 64; // RFC 5321 §4.5.3.1.1
constexpr std::size_t most_mailbox_bytes = 254;   // RFC 5321 §4.5.3.1.3, less the brackets

std::unexpected<AddressError> wrong(std::string what)
{
    return std::unexpected(AddressError{std::move(what)});
}

std::string on_the_wire(const std::string& local_part)
{
    return is_dot_atom(local_part) ? local_part : quoted(local_part);
}

/// What a quoted string at the start of `text` says; `text` goes on behind it.
std::expected<std::string, AddressError> take_quoted_string(std::string_view& text)
{
    std::string content;
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (text[at] == '"') {
            text.remove_prefix(at + 1);
            return content;
        }
        if (text[at] == '\\' && (++at == text.size() || !is_printable(text[at])))
            return wrong("the local part has a backslash before nothing");
        if (!is_printable(text[at]) && !is_non_ascii(text[at]))
            return wrong("the local part holds a control character");
        content += text[at];
    }
    return wrong("the quoted local part is not closed");
}

std::expected<std::string, AddressError> take_local_part(std::string_view& text)
{
    if (text.starts_with('"'))
        return take_quoted_string(text);
    const auto local_part = text.substr(0, text.find('@'));
    if (local_part.empty())
        return wrong("the local part is missing");
    if (!is_dot_atom(local_part))
        return wrong("the local part holds a character that it may not, or a misplaced dot");
    text.remove_prefix(local_part.size());
    return std::string(local_part);
}

/// Takes `@relay,@relay:` off the front: such routes are read and not followed
/// (RFC 5321 §3.6.1, appendix C).
std::expected<void, AddressError> drop_source_route(std::string_view& text, Charset charset)
{
    if (!text.starts_with('@'))
        return {};
    while (text.starts_with('@')) {
        text.remove_prefix(1);
        const auto bracket = text.starts_with('[') ? text.find(']') : 0;
        const auto end = bracket == text.npos ? text.npos : text.find_first_of(",:", bracket);
        if (end == text.npos)
            return wrong("the source route is not closed");
        if (const auto relay = Domain::parse(text.substr(0, end), charset); !relay)
            return std::unexpected(relay.error());
        const bool last = text[end] == ':';
        text.remove_prefix(end + 1);
        if (last)
            return {};
    }
    return wrong("the source route is not closed");
}

} // namespace

std::expected<Mailbox, AddressError> Mailbox::parse(std::string_view text, Charset charset)
{
    // Whatever the quoting, a longer one cannot be right; so the work is bounded.
    if (text.size() > 2 * most_mailbox_bytes)
        return wrong("the address is too long");
    auto local_part = take_local_part(text);
    if (!local_part)
        return std::unexpected(local_part.error());
    if (!posthouse::is_ascii(*local_part)) {
        if (charset == Charset::ascii)
            return wrong("the local part is not ASCII");
        if (!is_plain_utf8(*local_part))
            return wrong("the local part is not well-formed UTF-8");
    }
    // Measured as it will go on, so that what was accepted can be sent.
    const auto local_part_bytes = on_the_wire(*local_part).size();
    if (local_part_bytes > most_local_part_bytes)
        return wrong("the local part is longer than 64 bytes");
    if (!text.starts_with('@'))
        return wrong("the domain is missing");
    auto domain = Domain::parse(text.substr(1), charset);
    if (!domain)
        return std::unexpected(domain.error());
    if (local_part_bytes + 1 + domain->text().size() > most_mailbox_bytes)
        return wrong("the address is longer than 254 bytes");
    return Mailbox(std::move(*local_part), std::move(*domain));
}

std::string Mailbox::text() const
{
    return on_the_wire(local_part_) + '@' + domain_.text();
}

bool Mailbox::is_ascii() const
{
    return posthouse::is_ascii(local_part_) && posthouse::is_ascii(domain_.text());
}

std::expected<ReversePath, AddressError> ReversePath::parse(std::string_view text, Charset charset)
{
    if (text.empty())
        return ReversePath();
    if (const auto dropped = drop_source_route(text, charset); !dropped)
        return std::unexpected(dropped.error());
    auto mailbox = Mailbox::parse(text, charset);
    if (!mailbox)
        return std::unexpected(mailbox.error());
    return ReversePath(std::move(*mailbox));
}

std::expected<ForwardPath, AddressError> ForwardPath::parse(std::string_view text, Charset charset)
{
    if (equal_ignoring_case(text, "postmaster"))
        return postmaster();
    if (const auto dropped = drop_source_route(text, charset); !dropped)
        return std::unexpected(dropped.error());
    auto mailbox = Mailbox::parse(text, charset);
    if (!mailbox)
        return std::unexpected(mailbox.error());
    return ForwardPath(std::move(*mailbox));
}

} // namespace posthouse::mail
