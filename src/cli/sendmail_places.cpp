// SPDX-License-Identifier: Apache-2.0
#include "cli/sendmail_places.hpp"

#include "base/descriptor_io.hpp"
#include "base/text.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace posthouse::cli {
namespace {

/// Without SIGPIPE. False: it cannot be written, or is no socket.
bool send_all(int socket, std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

class SocketLine final : public SubmissionLine {
public:
    SocketLine(UniqueFd socket, std::chrono::seconds patience) : socket_(std::move(socket))
    {
        const timeval time{.tv_sec = patience.count(), .tv_usec = 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
    }
    bool send(std::string_view bytes) override { return send_all(socket_.get(), bytes); }
    std::string receive() override
    {
        std::array<char, 4096> buffer; // NOLINT: recv fills it.
        ssize_t got = 0;
        do
            got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
        while (got < 0 && errno == EINTR);
        return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : std::string();
    }

private:
    UniqueFd socket_;
};

/// Moves what is there. False: it is at its end.
bool move_some(int from, int to)
{
    std::array<char, 16384> buffer; // NOLINT: read fills it.
    const auto got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (got <= 0)
        return false;
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    return send_all(to, bytes) || (errno == ENOTSOCK && write_all(to, bytes).has_value());
}

} // namespace

Caller this_caller()
{
    Caller caller;
    if (const auto* user = ::getpwuid(::getuid()); user != nullptr) {
        caller.login = user->pw_name;
        caller.comment = user->pw_gecos != nullptr ? user->pw_gecos : "";
    }
    std::string name;
    if (std::ifstream file("/etc/mailname"); std::getline(file, name))
        caller.hostname = trimmed(name);
    if (caller.hostname.empty()) {
        std::array<char, 256> system{};
        if (::gethostname(system.data(), system.size() - 1) == 0)
            caller.hostname = system.data();
    }
    return caller;
}

std::expected<UniqueFd, Unreached> connect_to_server(const std::string& socket_path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_path.empty() || socket_path.size() >= sizeof address.sun_path)
        return std::unexpected(Unreached::nobody_there);
    std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket &&
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        return socket;
    return std::unexpected(errno == EACCES || errno == EPERM ? Unreached::forbidden
                                                             : Unreached::nobody_there);
}

std::unique_ptr<SubmissionLine> line_over(UniqueFd socket, std::chrono::seconds patience)
{
    return std::make_unique<SocketLine>(std::move(socket), patience);
}

void relay(int in, int out, int server)
{
    std::array<pollfd, 2> waiting{pollfd{in, POLLIN, 0}, pollfd{server, POLLIN, 0}};
    for (;;) {
        if (::poll(waiting.data(), waiting.size(), -1) < 0) {
            if (errno == EINTR)
                continue;
            return;
        }
        if (waiting[1].revents != 0 && !move_some(server, out))
            return;
        if (waiting[0].revents != 0 && !move_some(in, server)) {
            ::shutdown(server, SHUT_WR); // What the server says to that still goes out.
            waiting[0].fd = -1;
        }
    }
}

std::expected<void, std::string> leave_in_drop(const std::string& directory, const mail::Drop& drop,
                                               std::string_view header, std::string_view body)
{
    const auto trouble = [&](std::string_view what) {
        return std::unexpected(
            fmt::format("the letter cannot be {} {}: {}", what, directory, std::strerror(errno)));
    };
    const UniqueFd place(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!place)
        return trouble("left in");
    SystemRandom random;
    const auto name = base32_encode(random.next());
    const auto unfinished = name + ".tmp", whole = name + ".letter";
    const UniqueFd file(::openat(place.get(), unfinished.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file)
        return trouble("left in");
    // A umask may have taken the owner's own rights.
    if (::fchmod(file.get(), 0600) != 0 || !write_all(file.get(), mail::drop_head(drop)) ||
        !write_all(file.get(), header) || !write_all(file.get(), body) ||
        ::fsync(file.get()) != 0 ||
        ::renameat2(place.get(), unfinished.c_str(), place.get(), whole.c_str(),
                    RENAME_NOREPLACE) != 0) {
        auto failed = trouble("written into");
        ::unlinkat(place.get(), unfinished.c_str(), 0);
        return failed;
    }
    // Nobody may read the directory, so it cannot be opened to be synchronised; the file's journal
    // entry takes its new name along.
    if (::fsync(file.get()) != 0)
        return trouble("kept in");
    return {};
}

} // namespace posthouse::cli
