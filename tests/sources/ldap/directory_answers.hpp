// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"

#include <array>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

/// What a directory says (RFC 4511), in bytes.
namespace posthouse::sources::testing {

inline std::string element(int tag, std::string_view content)
{
    std::string text(1, static_cast<char>(tag));
    if (content.size() < 0x80) {
        text += static_cast<char>(content.size());
    } else {
        text += '\x84';
        for (int shift = 24; shift >= 0; shift -= 8)
            text += static_cast<char>(content.size() >> shift);
    }
    return text.append(content);
}
inline std::string octets(std::string_view text)
{
    return element(0x04, text);
}
inline std::string message(int id, int tag, std::string_view content)
{
    return element(0x30,
                   element(0x02, std::string(1, static_cast<char>(id))) + element(tag, content));
}
inline std::string result(int id, int tag, int code)
{
    return message(
        id, tag, element(0x0a, std::string(1, static_cast<char>(code))) + octets("") + octets(""));
}
inline std::string bound(int id, int code)
{
    return result(id, 0x61, code);
}
inline std::string done(int id, int code = 0)
{
    return result(id, 0x65, code);
}
inline std::string referral(int id)
{
    return message(id, 0x73, octets("ldap://elsewhere.example/"));
}

using Attribute = std::pair<std::string, std::vector<std::string>>;
inline std::string entry(int id, std::string_view dn, const std::vector<Attribute>& attributes)
{
    std::string list;
    for (const auto& [name, values] : attributes) {
        std::string set;
        for (const auto& value : values)
            set += octets(value);
        list += element(0x30, octets(name) + element(0x31, set));
    }
    return message(id, 0x64, octets(dn) + element(0x30, list));
}

/// A socket at whose other end all this was said already, and nothing more will be.
inline UniqueFd socket_with(std::string_view answers)
{
    std::array<int, 2> ends{};
    ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data());
    UniqueFd ours(ends[0]), theirs(ends[1]);
    const int much = 8 << 20;
    ::setsockopt(theirs.get(), SOL_SOCKET, SO_SNDBUF, &much, sizeof much);
    [[maybe_unused]] const auto sent =
        ::send(theirs.get(), answers.data(), answers.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(theirs.get(), SHUT_WR);
    static std::vector<UniqueFd> kept; // Closed, it would lose what was said.
    kept.push_back(std::move(theirs));
    if (kept.size() > 4)
        kept.erase(kept.begin());
    return ours;
}

} // namespace posthouse::sources::testing
