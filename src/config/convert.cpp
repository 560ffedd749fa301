// SPDX-License-Identifier: Apache-2.0
#include "config/convert.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <string_view>

namespace posthouse::config {

namespace {

bool in_range(const Key& key, std::int64_t value)
{
    return value >= key.minimum && value <= key.maximum;
}

/// A line of text: a control character would not be seen, and a NUL would cut a path short.
bool is_text(const Node& node)
{
    return node.kind == Node::Kind::string &&
           std::ranges::none_of(node.text, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
}

/// Nothing that would lead out of the directory it starts from.
bool is_relative_path(std::string_view text)
{
    if (text.empty() || text.starts_with('/'))
        return false;
    while (!text.empty()) {
        const auto end = text.find('/');
        if (text.substr(0, end) == "..")
            return false;
        text = end == text.npos ? std::string_view() : text.substr(end + 1);
    }
    return true;
}

/// Characters that may begin a detail: those of an atom that are no letters or digits, and the dot.
bool is_separator(std::string_view text)
{
    constexpr std::string_view usable = "!#$%&'*+-/=?^_`{|}~.";
    return text.size() <= usable.size() && text.find_first_not_of(usable) == std::string_view::npos;
}

/// "list" or "list@example.org".
bool is_addressee(std::string_view text)
{
    const auto address = text.contains('@') ? std::string(text) : std::string(text) + "@localhost";
    return mail::Mailbox::parse(address).has_value();
}

std::optional<std::string> text_if(bool fits, const std::string& text)
{
    return fits ? std::optional(text) : std::nullopt;
}

} // namespace

template <>
std::optional<bool> value_of(const Key&, const Node& node)
{
    return node.kind == Node::Kind::boolean ? std::optional(node.boolean) : std::nullopt;
}

template <>
std::optional<double> value_of(const Key& key, const Node& node)
{
    const auto value =
        node.kind == Node::Kind::integer ? static_cast<double>(node.integer) : node.real;
    const bool number = node.kind == Node::Kind::integer || node.kind == Node::Kind::real;
    if (!number || !(value * 1000 >= static_cast<double>(key.minimum)) ||
        !(value * 1000 <= static_cast<double>(key.maximum))) // NaN is in no range.
        return std::nullopt;
    return value;
}

template <>
std::optional<std::uint64_t> value_of(const Key& key, const Node& node)
{
    std::int64_t value = 0;
    if (node.kind == Node::Kind::integer) {
        value = node.integer;
    } else if (node.kind == Node::Kind::string && key.type == Type::size) {
        const auto size = parse_size(node.text);
        if (!size)
            return std::nullopt;
        value = static_cast<std::int64_t>(*size);
    } else {
        return std::nullopt;
    }
    return in_range(key, value) ? std::optional(static_cast<std::uint64_t>(value)) : std::nullopt;
}

template <>
std::optional<std::uint32_t> value_of(const Key&, const Node& node)
{
    return parse_mode(node.text);
}

template <>
std::optional<std::uint16_t> value_of(const Key& key, const Node& node)
{
    const auto value = value_of<std::uint64_t>(key, node);
    if (!value || *value > 65535)
        return std::nullopt;
    return static_cast<std::uint16_t>(*value);
}

template <>
std::optional<Span> value_of(const Key& key, const Node& node)
{
    const auto span = node.kind == Node::Kind::string ? parse_span(node.text) : std::nullopt;
    return span && in_range(key, span->count()) ? span : std::nullopt;
}

template <>
std::optional<std::string> value_of(const Key& key, const Node& node)
{
    const auto& text = node.text;
    if (!is_text(node))
        return std::nullopt;
    switch (key.type) {
    case Type::path:
    case Type::paths:
    case Type::command:
        return text_if(text.starts_with('/'), text);
    case Type::optional_path:
        return text_if(text.empty() || text.starts_with('/'), text);
    case Type::relative_path:
        return text_if(is_relative_path(text), text);
    case Type::user:
    case Type::users:
    case Type::name:
        return text_if(is_user_name(text), text);
    case Type::separator:
        return text_if(is_separator(text), text);
    case Type::networks:
        return text_if(is_network(text), text);
    case Type::addressees:
        return text_if(is_addressee(text), text);
    case Type::ip_address:
        return text_if(key.path.ends_with("ipv6") ? is_ipv6(text) : is_ipv4(text), text);
    case Type::destination:
        return parse_destination(text);
    case Type::fingerprints:
        return parse_fingerprint(text);
    case Type::certificate_names:
        return parse_certificate_name(text);
    default:
        return text_if(!text.empty(), text);
    }
}

template <>
std::optional<mail::Domain> value_of(const Key&, const Node& node)
{
    const auto domain = mail::Domain::parse(node.text);
    return domain && !domain->is_literal() ? std::optional(*domain) : std::nullopt;
}

template <>
std::optional<mail::Mailbox> value_of(const Key&, const Node& node)
{
    const auto mailbox = mail::Mailbox::parse(node.text);
    return mailbox ? std::optional(*mailbox) : std::nullopt;
}

template <>
std::optional<Endpoint> value_of(const Key&, const Node& node)
{
    return parse_endpoint(node.text, 53);
}

template <>
std::optional<Address> value_of(const Key& key, const Node& node)
{
    if (!is_text(node))
        return std::nullopt;
    return key.type == Type::milter_address ? parse_milter_address(node.text)
                                            : parse_listen_address(node.text);
}

template <>
std::optional<NextHop> value_of(const Key&, const Node& node)
{
    return parse_next_hop(node.text);
}

} // namespace posthouse::config
