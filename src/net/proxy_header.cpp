// SPDX-License-Identifier: Apache-2.0
#include "net/proxy_header.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace asio = boost::asio;
using boost::asio::ip::tcp;

namespace posthouse::net {
namespace {

using State = ProxyParse::State;

constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t head_bytes = 16; // of version 2

bool begins_like(std::string_view received, std::string_view with)
{
    return received.substr(0, with.size()) == with.substr(0, received.size());
}

// ---- Version 1 --------------------------------------------------------------------------------

std::optional<std::string_view> take_word(std::string_view& line)
{
    if (line.empty())
        return std::nullopt;
    const auto space = std::min(line.find(' '), line.size());
    const auto word = line.substr(0, space);
    line.remove_prefix(std::min(space + 1, line.size()));
    return word;
}

std::optional<std::uint16_t> parse_port(std::string_view text)
{
    const auto port = parse_number(text);
    if (!port || *port > 65535 || (text.size() > 1 && text.front() == '0'))
        return std::nullopt;
    return static_cast<std::uint16_t>(*port);
}

std::optional<asio::ip::address> parse_address(std::string_view text, bool v6)
{
    boost::system::error_code error;
    const auto address = asio::ip::make_address(std::string(text), error);
    if (error || address.is_v6() != v6 || text.contains('%'))
        return std::nullopt;
    return address;
}

/// "TCP4 192.0.2.1 192.0.2.2 56324 25"
std::optional<ProxyHeader> parse_text(std::string_view line)
{
    const auto family = take_word(line);
    if (family == "UNKNOWN")
        return ProxyHeader{}; // Whatever follows is of no meaning.
    if (family != "TCP4" && family != "TCP6")
        return std::nullopt;
    const bool v6 = family == "TCP6";
    const auto source = parse_address(take_word(line).value_or(""), v6);
    const auto destination = parse_address(take_word(line).value_or(""), v6);
    const auto source_port = parse_port(take_word(line).value_or(""));
    const auto destination_port = parse_port(line);
    if (!source || !destination || !source_port || !destination_port)
        return std::nullopt;
    return ProxyHeader{ProxyHeader::Ends{tcp::endpoint(*source, *source_port),
                                         tcp::endpoint(*destination, *destination_port)}};
}

ProxyParse parse_version_1(std::string_view received, std::string_view prefix)
{
    const auto end = received.find("\r\n");
    if (end == received.npos) {
        const bool hopeless = received.size() >= ProxyLimits::text_bytes ||
                              received.find_first_of(std::string_view("\n\0", 2)) != received.npos;
        return {hopeless ? State::malformed : State::incomplete};
    }
    if (end + 2 > ProxyLimits::text_bytes || received.substr(0, end).contains('\n'))
        return {State::malformed};
    auto header = end < prefix.size() ? std::nullopt
                                      : parse_text(received.substr(0, end).substr(prefix.size()));
    if (!header)
        return {State::malformed};
    header->bytes = end + 2;
    return {State::complete, *header};
}

// ---- Version 2 --------------------------------------------------------------------------------

template <class Address>
Address address_at(std::string_view bytes, std::size_t at)
{
    typename Address::bytes_type raw{};
    std::ranges::transform(bytes.substr(at, raw.size()), raw.begin(),
                           [](char c) { return static_cast<unsigned char>(c); });
    return Address(raw);
}

std::uint16_t number_at(std::string_view bytes, std::size_t at)
{
    return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                      static_cast<unsigned char>(bytes[at + 1]));
}

template <class Address>
std::optional<ProxyHeader::Ends> ends_in(std::string_view block)
{
    constexpr auto size = std::tuple_size_v<typename Address::bytes_type>;
    if (block.size() < 2 * size + 4)
        return std::nullopt;
    return ProxyHeader::Ends{
        tcp::endpoint(address_at<Address>(block, 0), number_at(block, 2 * size)),
        tcp::endpoint(address_at<Address>(block, size), number_at(block, 2 * size + 2))};
}

ProxyParse parse_version_2(std::string_view received)
{
    if (received.size() > signature.size()) {
        const auto version_and_command = static_cast<unsigned char>(received[signature.size()]);
        if (version_and_command != 0x20 && version_and_command != 0x21)
            return {State::malformed};
    }
    if (received.size() < head_bytes)
        return {State::incomplete};
    const auto size = head_bytes + number_at(received, 14);
    if (size > ProxyLimits::binary_bytes)
        return {State::malformed};
    if (received.size() < size)
        return {State::incomplete};
    ProxyHeader header{.ends = std::nullopt, .bytes = size};
    const bool proxied =
        received[12] == '\x21'; // Otherwise LOCAL: the connection's own ends count.
    const auto block = received.substr(head_bytes, size - head_bytes);
    const auto family = received[13];
    const bool tcp4 = family == '\x11';
    const bool tcp6 = family == '\x21';
    if (proxied && (tcp4 || tcp6)) { // Of other families there is nothing to be had here.
        header.ends =
            tcp4 ? ends_in<asio::ip::address_v4>(block) : ends_in<asio::ip::address_v6>(block);
        if (!header.ends)
            return {State::malformed};
    }
    return {State::complete, header};
}

} // namespace

ProxyParse parse_proxy_header(std::string_view received)
{
    constexpr std::string_view prefix = "PROXY ";
    if (received.empty())
        return {State::incomplete};
    if (begins_like(received, prefix))
        return parse_version_1(received, prefix);
    if (begins_like(received, signature))
        return parse_version_2(received);
    return {State::malformed};
}

} // namespace posthouse::net
