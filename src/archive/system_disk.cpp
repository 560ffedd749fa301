// SPDX-License-Identifier: Apache-2.0
#include "archive/disk.hpp"

#include "base/descriptor_io.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace posthouse::archive {
namespace {

constexpr int not_a_file = -1; // beside errno's values

std::unexpected<Fault> failed(std::string_view what, const std::string& path, int error = errno)
{
    const auto kind = error == ENOENT                      ? Fault::Kind::absent
                      : error == ENOSPC || error == EDQUOT ? Fault::Kind::no_space
                                                           : Fault::Kind::files;
    const char* why = error == ELOOP        ? "it is a symbolic link"
                      : error == not_a_file ? "it is no file"
                                            : std::strerror(error);
    return fault(kind, fmt::format("cannot {} {}: {}", what, path, why));
}

class SystemFile final : public Disk::File {
public:
    SystemFile(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
    Result<void> append(std::string_view bytes) override
    {
        if (const auto done = write_all(fd_.get(), bytes); !done)
            return failed("write", path_, done.error());
        return {};
    }
    Result<void> sync() override
    {
        if (::fsync(fd_.get()) != 0)
            return failed("sync", path_);
        return {};
    }

private:
    UniqueFd fd_;
    std::string path_;
};

class SystemLock final : public Disk::Lock {
public:
    explicit SystemLock(UniqueFd fd) : fd_(std::move(fd)) {}

private:
    UniqueFd fd_;
};

class SystemDisk final : public Disk {
public:
    SystemDisk(UniqueFd directory, std::string name)
        : directory_(std::move(directory)),
          name_(std::move(name))
    {
    }

    Result<std::unique_ptr<File>> create(const std::string& path) override
    {
        auto fd = open_file(path, O_WRONLY | O_CREAT | O_EXCL);
        if (!fd)
            return failed("create", shown(path), fd.error());
        return std::make_unique<SystemFile>(std::move(*fd), shown(path));
    }
    Result<std::string> read(const std::string& path, std::uint64_t offset,
                             std::size_t length) override
    {
        const auto fd = open_file(path, O_RDONLY);
        if (!fd)
            return failed("open", shown(path), fd.error());
        auto bytes = read_at(fd->get(), offset, length);
        if (!bytes)
            return failed("read", shown(path), bytes.error());
        return std::move(*bytes);
    }
    Result<std::uint64_t> size(const std::string& path) override
    {
        struct stat found{};
        if (::fstatat(directory_.get(), path.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0)
            return failed("look at", shown(path));
        if (!S_ISREG(found.st_mode))
            return failed("look at", shown(path), S_ISLNK(found.st_mode) ? ELOOP : not_a_file);
        return static_cast<std::uint64_t>(found.st_size);
    }
    Result<void> rename(const std::string& from, const std::string& to) override
    {
        if (::renameat(directory_.get(), from.c_str(), directory_.get(), to.c_str()) != 0)
            return failed("rename", shown(from));
        return {};
    }
    Result<void> remove(const std::string& path) override
    {
        if (::unlinkat(directory_.get(), path.c_str(), 0) != 0)
            return failed("remove", shown(path));
        return {};
    }
    Result<void> make_directory(const std::string& path) override
    {
        if (::mkdirat(directory_.get(), path.c_str(), 0700) != 0 && errno != EEXIST)
            return failed("create the directory", shown(path));
        return {};
    }
    Result<void> sync_directory(const std::string& path) override
    {
        const UniqueFd fd(open(path, O_RDONLY | O_DIRECTORY));
        // Some file systems (network ones) sync no directories and say so.
        if (!fd || (::fsync(fd.get()) != 0 && errno != EINVAL))
            return failed("sync the directory", shown(path));
        return {};
    }
    Result<std::vector<std::string>> list(const std::string& directory) override
    {
        UniqueFd fd(open(directory, O_RDONLY | O_DIRECTORY));
        DIR* stream = fd ? ::fdopendir(fd.get()) : nullptr;
        if (stream == nullptr)
            return failed("read the directory", shown(directory));
        (void)fd.release(); // It is the stream's.
        std::vector<std::string> names;
        while (const dirent* entry = ::readdir(stream))
            if (entry->d_name[0] != '.')
                names.emplace_back(entry->d_name);
        ::closedir(stream);
        std::ranges::sort(names);
        return names;
    }
    Result<std::unique_ptr<Lock>> lock(const std::string& path, Sharing sharing) override
    {
        auto fd = open_file(path, O_RDWR | O_CREAT);
        if (!fd)
            return failed("open", shown(path), fd.error());
        if (::flock(fd->get(), (sharing == Sharing::shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
            return std::make_unique<SystemLock>(std::move(*fd));
        if (errno == EWOULDBLOCK)
            return fault(Fault::Kind::locked,
                         fmt::format("another command is at work in the repository ({} is locked)",
                                     shown(path)));
        return failed("lock", shown(path));
    }

private:
    /// Whoever else may write in the directory shall neither lead us elsewhere nor hold us up.
    int open(const std::string& path, int flags) const
    {
        constexpr int always = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
        return ::openat(directory_.get(), path.c_str(), flags | always, 0600);
    }
    std::expected<UniqueFd, int> open_file(const std::string& path, int flags) const
    {
        UniqueFd fd(open(path, flags));
        struct stat found{};
        if (!fd || ::fstat(fd.get(), &found) != 0)
            return std::unexpected(errno);
        if (!S_ISREG(found.st_mode))
            return std::unexpected(not_a_file);
        return fd;
    }
    std::string shown(std::string_view path) const
    {
        if (path.starts_with("./"))
            path.remove_prefix(2);
        return path == "." ? name_ : fmt::format("{}/{}", name_, path);
    }

    UniqueFd directory_;
    std::string name_;
};

} // namespace

std::unique_ptr<Disk> system_disk(UniqueFd directory, std::string name)
{
    return std::make_unique<SystemDisk>(std::move(directory), std::move(name));
}

} // namespace posthouse::archive
