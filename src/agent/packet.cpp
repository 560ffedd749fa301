// SPDX-License-Identifier: Apache-2.0
#include "agent/packet.hpp"

#include "agent/limits.hpp"
#include "base/contract.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>

namespace posthouse::agent {
namespace {

constexpr std::size_t most_descriptors = 2;
constexpr std::size_t most_bytes = Limits::command_bytes * 4;

union Space { // NOLINT: what CMSG_… work on
    std::array<char, CMSG_SPACE(sizeof(int) * most_descriptors)> bytes;
    cmsghdr alignment;
};

} // namespace

bool send_packet(int socket, const google::protobuf::MessageLite& message,
                 std::span<const int> descriptors)
{
    expects(descriptors.size() <= most_descriptors);
    auto text = message.SerializeAsString();
    if (text.size() > most_bytes)
        return false;
    iovec part{text.data(), text.size()};
    msghdr head{};
    head.msg_iov = &part;
    head.msg_iovlen = 1;
    Space space{};
    if (!descriptors.empty()) {
        head.msg_control = space.bytes.data();
        head.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
        auto* control = CMSG_FIRSTHDR(&head);
        control->cmsg_level = SOL_SOCKET;
        control->cmsg_type = SCM_RIGHTS;
        control->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
        std::memcpy(CMSG_DATA(control), descriptors.data(), sizeof(int) * descriptors.size());
    }
    ssize_t sent = 0;
    // The other end reads all the time; so long that it does not, it is as good as gone.
    constexpr int patience = 10'000; // milliseconds
    pollfd writable{socket, POLLOUT, 0};
    do
        sent = ::sendmsg(socket, &head, MSG_NOSIGNAL);
    while (sent < 0 &&
           (errno == EINTR || (errno == EAGAIN && ::poll(&writable, 1, patience) == 1)));
    return sent == static_cast<ssize_t>(text.size());
}

std::expected<Packet, PacketEnd> receive_packet(int socket)
{
    Packet packet;
    packet.bytes.resize(most_bytes);
    iovec part{packet.bytes.data(), packet.bytes.size()};
    msghdr head{};
    head.msg_iov = &part;
    head.msg_iovlen = 1;
    Space space{};
    head.msg_control = space.bytes.data();
    head.msg_controllen = space.bytes.size();
    ssize_t got = 0;
    do
        got = ::recvmsg(socket, &head, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return std::unexpected(errno == EAGAIN ? PacketEnd::nothing_yet : PacketEnd::closed);
    for (auto* control = CMSG_FIRSTHDR(&head); control != nullptr;
         control = CMSG_NXTHDR(&head, control)) {
        if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
            continue;
        const auto count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof fd);
            packet.descriptors.emplace_back(fd);
        }
    }
    // An empty packet says nothing; of a stream at its end it is the end.
    if (got == 0)
        return std::unexpected(PacketEnd::closed);
    packet.bytes.resize(static_cast<std::size_t>(got));
    return packet;
}

} // namespace posthouse::agent
