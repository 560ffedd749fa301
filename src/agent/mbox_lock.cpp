// SPDX-License-Identifier: Apache-2.0
#include "agent/mbox_lock.hpp"

#include "agent/letter.hpp"
#include "agent/limits.hpp"
#include "base/descriptor_io.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace posthouse::agent {

bool DotLock::remove_if_stale(Clock& clock) const
{
    struct stat found{};
    if (::fstatat(directory_, name_.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT;
    const auto made = std::chrono::sys_seconds(std::chrono::seconds(found.st_mtime));
    if (clock.wall() - made <= Limits::lock_stale)
        return false;
    // Another may have taken it over since; it then holds the kernel's lock on the mailbox, which
    // whoever took this one away still has to get.
    return ::unlinkat(directory_, name_.c_str(), 0) == 0 || errno == ENOENT;
}

std::expected<DotLock::Taken, int> DotLock::take(Clock& clock)
{
    for (int attempt = 0; attempt < 2; ++attempt) {
        const UniqueFd file(::openat(directory_, name_.c_str(),
                                     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (file) {
            held_ = true;
            // Others look whether this process is still there. It is a lock without it, too.
            (void)write_all(file.get(), fmt::format("{}\n", ::getpid()));
            return Taken::yes;
        }
        if (errno == EACCES || errno == EPERM || errno == EROFS)
            return Taken::impossible;
        if (errno != EEXIST)
            return std::unexpected(errno);
        if (!remove_if_stale(clock))
            return Taken::no;
    }
    return Taken::no;
}

void DotLock::drop()
{
    if (held_)
        ::unlinkat(directory_, name_.c_str(), 0);
    held_ = false;
}

} // namespace posthouse::agent
