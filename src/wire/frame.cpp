// SPDX-License-Identifier: Apache-2.0
#include "wire/frame.hpp"

#include "base/contract.hpp"

namespace posthouse::wire {
namespace {

void append(std::string& to, std::uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; ++i)
        to += static_cast<char>(value >> (8 * i) & 0xff);
}

std::uint32_t number(std::string_view from, std::size_t at, std::size_t bytes)
{
    std::uint32_t value = 0;
    for (std::size_t i = bytes; i-- > 0;)
        value = value << 8 | static_cast<unsigned char>(from[at + i]);
    return value;
}

} // namespace

void Head::append_to(std::string& to) const
{
    append(to, message_bytes, 4);
    append(to, raw_bytes, 4);
    append(to, id, 4);
    append(to, static_cast<std::uint8_t>(kind), 1);
    append(to, static_cast<std::uint8_t>(method), 1);
    append(to, code, 2);
}

std::optional<Head> Head::parse(std::string_view from)
{
    expects(from.size() >= size);
    Head head;
    head.message_bytes = number(from, 0, 4);
    head.raw_bytes = number(from, 4, 4);
    head.id = number(from, 8, 4);
    const auto kind = number(from, 12, 1);
    head.method = static_cast<Method>(number(from, 13, 1));
    head.code = static_cast<std::uint16_t>(number(from, 14, 2));
    if (head.message_bytes > FrameLimits::message_bytes ||
        head.raw_bytes > FrameLimits::raw_bytes || kind < 1 || kind > 4)
        return std::nullopt;
    head.kind = static_cast<Kind>(kind);
    return head;
}

std::string_view describe(Failure failure)
{
    switch (failure) {
    case Failure::closed:
        return "the other process is not there";
    case Failure::invalid:
        return "the request was not understood";
    case Failure::refused:
        return "the request was refused";
    case Failure::unavailable:
        return "not possible at present";
    case Failure::no_space:
        return "no space left";
    case Failure::busy:
        return "too much is under way";
    case Failure::nonexistent:
        return "there is no such mailbox";
    case Failure::exists:
        return "there is such a mailbox already";
    case Failure::over_quota:
        return "the account is full";
    case Failure::cannot:
        return "this cannot be done";
    case Failure::has_children:
        return "the mailbox has children";
    case Failure::limit:
        return "a limit is reached";
    case Failure::too_big:
        return "it is too big";
    case Failure::gone:
        return "it is gone";
    case Failure::damaged:
        return "it is damaged";
    case Failure::no_permission:
        return "not permitted";
    case Failure::unknown_charset:
        return "the charset is not known";
    }
    return "unknown failure";
}

} // namespace posthouse::wire
