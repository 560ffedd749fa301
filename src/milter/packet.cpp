// SPDX-License-Identifier: Apache-2.0
#include "milter/packet.hpp"

#include "base/text.hpp"

namespace posthouse::milter {
namespace {

constexpr std::size_t length_bytes = 4;

} // namespace

void append_text(std::string& to, std::string_view text)
{
    to += text.substr(0, text.find('\0'));
    to += '\0';
}

void append_packet(std::string& to, Command command, std::string_view payload)
{
    append_u32(to, static_cast<std::uint32_t>(payload.size() + 1));
    to += static_cast<char>(command);
    to += payload;
}

std::expected<std::optional<Packet>, Fault> take_packet(InputBuffer& from, std::size_t most_bytes)
{
    const auto input = from.view();
    if (input.size() < length_bytes)
        return std::nullopt;
    const std::size_t length = read_u32(input);
    if (length == 0)
        return std::unexpected(Fault{"an empty packet"});
    if (length > most_bytes)
        return std::unexpected(Fault{"a packet over the limit"});
    if (input.size() - length_bytes < length)
        return std::nullopt;
    Packet packet{input[length_bytes], std::string(input.substr(length_bytes + 1, length - 1))};
    from.consume(length_bytes + length);
    return packet;
}

std::optional<std::uint32_t> PayloadReader::u32()
{
    if (left_.size() < 4)
        return std::nullopt;
    const auto value = read_u32(left_);
    left_.remove_prefix(4);
    return value;
}

std::optional<std::string_view> PayloadReader::text()
{
    if (left_.empty())
        return std::nullopt;
    const auto end = left_.find('\0');
    const auto text = left_.substr(0, end);
    left_.remove_prefix(end == left_.npos ? left_.size() : end + 1);
    return text;
}

} // namespace posthouse::milter
