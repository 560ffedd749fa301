// SPDX-License-Identifier: Apache-2.0
#include "base/descriptor_io.hpp"

#include <cerrno>
#include <unistd.h>

namespace posthouse {

std::expected<void, int> write_all(int fd, std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return std::unexpected(errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

std::expected<std::string, int> read_at(int fd, std::uint64_t offset, std::size_t length)
{
    std::string bytes(length, '\0');
    std::size_t have = 0;
    while (have < length) {
        const auto got =
            ::pread(fd, bytes.data() + have, length - have, static_cast<off_t>(offset + have));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return std::unexpected(errno);
        if (got == 0)
            break;
        have += static_cast<std::size_t>(got);
    }
    bytes.resize(have);
    return bytes;
}

} // namespace posthouse
