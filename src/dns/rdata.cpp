// SPDX-License-Identifier: Apache-2.0
#include "dns/rdata.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace posthouse::dns {
namespace {

constexpr std::size_t longest_name = 253; // As text, without the final dot (RFC 1035 §3.1).
constexpr std::size_t longest_label = 63;
constexpr std::size_t longest_string = 255; // Of a TXT record's strings.

std::size_t byte(char c)
{
    return static_cast<unsigned char>(c);
}

bool names_host(char c)
{
    return is_alpha(c) || is_digit(c) || c == '-' || c == '_';
}

/// The whole of `rdata` as one name without compression.
std::optional<Name> parse_wire_name(std::string_view rdata)
{
    Name name;
    while (!rdata.empty()) {
        const auto length = byte(rdata.front());
        rdata.remove_prefix(1);
        if (length == 0)
            break;
        if (length > longest_label || length > rdata.size())
            return std::nullopt;
        const auto label = rdata.substr(0, length);
        if (!std::ranges::all_of(label, names_host))
            return std::nullopt;
        if (!name.text.empty())
            name.text += '.';
        name.text += lowercase(label);
        rdata.remove_prefix(length);
        if (name.text.size() > longest_name)
            return std::nullopt;
        if (rdata.empty())
            return std::nullopt; // No final empty label.
    }
    if (!rdata.empty())
        return std::nullopt;
    if (name.text.empty())
        name.text = ".";
    return name;
}

void append_wire_name(std::string& to, const Name& name)
{
    for (auto rest = std::string_view(name.text).substr(name.is_root() ? 1 : 0); !rest.empty();) {
        const auto label = rest.substr(0, rest.find('.'));
        to += static_cast<char>(label.size());
        to += label;
        rest.remove_prefix(std::min(rest.size(), label.size() + 1));
    }
    to += '\0';
}

std::optional<Record> parse_text(std::string_view rdata)
{
    if (rdata.empty())
        return std::nullopt;
    Text text;
    while (!rdata.empty()) {
        const auto length = byte(rdata.front());
        rdata.remove_prefix(1);
        if (length > rdata.size() || text.bytes.size() + length > RdataLimits::text_bytes)
            return std::nullopt;
        text.bytes += rdata.substr(0, length);
        rdata.remove_prefix(length);
    }
    return text;
}

std::optional<Record> parse_address(std::string_view rdata, std::size_t size)
{
    if (rdata.size() != size)
        return std::nullopt;
    return IpAddress::from_bytes(rdata);
}

std::optional<Record> parse_mail_exchange(std::string_view rdata)
{
    if (rdata.size() < 3)
        return std::nullopt;
    const auto preference = static_cast<std::uint16_t>(byte(rdata[0]) << 8 | byte(rdata[1]));
    auto exchange = parse_wire_name(rdata.substr(2));
    if (!exchange)
        return std::nullopt;
    return MailExchange{preference, std::move(*exchange)};
}

struct Writer {
    std::string operator()(const IpAddress& address) const { return address.bytes(); }
    std::string operator()(const MailExchange& mx) const
    {
        std::string rdata{static_cast<char>(mx.preference >> 8),
                          static_cast<char>(mx.preference & 0xff)};
        append_wire_name(rdata, mx.exchange);
        return rdata;
    }
    std::string operator()(const Name& name) const
    {
        std::string rdata;
        append_wire_name(rdata, name);
        return rdata;
    }
    std::string operator()(const Text& text) const
    {
        std::string rdata;
        std::string_view rest = text.bytes;
        do {
            const auto string = rest.substr(0, longest_string);
            rdata += static_cast<char>(string.size());
            rdata += string;
            rest.remove_prefix(string.size());
        } while (!rest.empty());
        return rdata;
    }
};

} // namespace

std::optional<Record> parse_rdata(RecordType type, std::string_view rdata)
{
    switch (type) {
    case RecordType::a:
        return parse_address(rdata, 4);
    case RecordType::aaaa:
        return parse_address(rdata, 16);
    case RecordType::mx:
        return parse_mail_exchange(rdata);
    case RecordType::cname:
    case RecordType::ptr:
        if (rdata.empty())
            return std::nullopt;
        return parse_wire_name(rdata);
    case RecordType::txt:
        return parse_text(rdata);
    }
    return std::nullopt; // A number from another process that is no type of ours.
}

std::string to_rdata(const Record& record)
{
    return std::visit(Writer{}, record);
}

void add_rdata(Answer& answer, RecordType type, std::string_view rdata)
{
    auto record =
        answer.records.size() < RdataLimits::records ? parse_rdata(type, rdata) : std::nullopt;
    if (record)
        answer.records.push_back(std::move(*record));
    else
        ++answer.dropped;
}

std::optional<Name> parse_name(std::string_view text)
{
    if (text.ends_with('.'))
        text.remove_suffix(1);
    if (text.empty() || text.size() > longest_name)
        return std::nullopt;
    for (auto rest = text;;) {
        const auto label = rest.substr(0, rest.find('.'));
        if (label.empty() || label.size() > longest_label ||
            !std::ranges::all_of(label, names_host))
            return std::nullopt;
        if (label.size() == rest.size())
            return Name{lowercase(text)};
        rest.remove_prefix(label.size() + 1);
    }
}

} // namespace posthouse::dns
