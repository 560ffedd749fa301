// SPDX-License-Identifier: Apache-2.0
#include "process/control.hpp"

#include "base/contract.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace posthouse::process {
namespace {

constexpr std::size_t message_bytes = 64 * 1024;
constexpr std::size_t most_descriptors = 64;
constexpr off_t text_bytes = 16 << 20;

} // namespace

std::pair<ControlChannel, ControlChannel> ControlChannel::make_pair()
{
    std::array<int, 2> ends{};
    expects(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    return {ControlChannel(UniqueFd(ends[0])), ControlChannel(UniqueFd(ends[1]))};
}

bool ControlChannel::send(const wire::Control& message, std::span<const int> descriptors) const
{
    expects(descriptors.size() <= most_descriptors);
    auto bytes = message.SerializeAsString();
    iovec part{bytes.data(), bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> space{};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (!descriptors.empty()) {
        header.msg_control = space.data();
        header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        auto* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
    }
    for (;;) {
        const auto sent = ::sendmsg(fd_.get(), &header, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0)
            return true;
        if (errno != EINTR)
            return false;
    }
}

std::expected<ControlMessage, ControlChannel::End> ControlChannel::receive() const
{
    return receive(0);
}

std::expected<ControlMessage, ControlChannel::End> ControlChannel::poll() const
{
    return receive(MSG_DONTWAIT);
}

std::expected<ControlMessage, ControlChannel::End> ControlChannel::receive(int flags) const
{
    std::string bytes(message_bytes, '\0');
    iovec part{bytes.data(), bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> space{};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = space.data();
    header.msg_controllen = space.size();
    ssize_t got = 0;
    do
        got = ::recvmsg(fd_.get(), &header, flags | MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return std::unexpected(End::nothing_yet);
    if (got <= 0)
        return std::unexpected(End::closed);

    ControlMessage received;
    for (auto* rights = CMSG_FIRSTHDR(&header); rights != nullptr;
         rights = CMSG_NXTHDR(&header, rights)) {
        if (rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS)
            continue;
        const auto count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(rights) + i * sizeof(int), sizeof fd);
            received.descriptors.emplace_back(fd);
        }
    }
    const bool cut = (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    if (cut || !received.message.ParseFromArray(bytes.data(), static_cast<int>(got)))
        return std::unexpected(End::closed);
    return received;
}

UniqueFd text_file(std::string_view text)
{
    UniqueFd fd(::memfd_create("posthouse", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    expects(static_cast<bool>(fd));
    while (!text.empty()) {
        const auto written = ::write(fd.get(), text.data(), text.size());
        expects(written > 0);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    expects(::fcntl(fd.get(), F_ADD_SEALS,
                    F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0);
    return fd;
}

std::optional<std::string> read_text_file(const UniqueFd& fd)
{
    const auto size = ::lseek(fd.get(), 0, SEEK_END);
    if (size < 0 || size > text_bytes)
        return std::nullopt;
    std::string text(static_cast<std::size_t>(size), '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        const auto got =
            ::pread(fd.get(), text.data() + have, text.size() - have, static_cast<off_t>(have));
        if (got <= 0)
            return std::nullopt;
        have += static_cast<std::size_t>(got);
    }
    return text;
}

} // namespace posthouse::process
