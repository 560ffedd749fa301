// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/files.hpp"

#include "base/descriptor_io.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace posthouse::store::rocksdb {

namespace {

std::unexpected<FileError> failed(int error = errno)
{
    return std::unexpected(FileError{error});
}

/// What a function that answers -1 on failure did; again, if a signal came between.
template <class Call>
FileResult<> done(Call call)
{
    while (call() != 0)
        if (errno != EINTR)
            return failed();
    return {};
}

UniqueFd open_again(const char* path, int flags)
{
    int fd = -1;
    do
        fd = ::open(path, flags | O_CLOEXEC, 0600);
    while (fd < 0 && errno == EINTR);
    return UniqueFd(fd);
}

class SystemWritable final : public Files::Writable {
public:
    explicit SystemWritable(UniqueFd fd) : fd_(std::move(fd)) {}
    FileResult<> append(std::string_view bytes) override
    {
        if (const auto written = write_all(fd_.get(), bytes); !written)
            return failed(written.error());
        return {};
    }
    FileResult<> sync() override
    {
        return done([this] { return ::fsync(fd_.get()); });
    }

private:
    UniqueFd fd_;
};

class SystemReadable final : public Files::Readable {
public:
    explicit SystemReadable(UniqueFd fd) : fd_(std::move(fd)) {}
    FileResult<std::string> read(std::uint64_t offset, std::size_t length) override
    {
        auto bytes = read_at(fd_.get(), offset, length);
        if (!bytes)
            return failed(bytes.error());
        return std::move(*bytes);
    }

private:
    UniqueFd fd_;
};

class SystemLock final : public Files::Lock {
public:
    explicit SystemLock(UniqueFd fd) : fd_(std::move(fd)) {}

private:
    UniqueFd fd_; // The lock goes with it.
};

class SystemFiles final : public Files {
public:
    FileResult<std::unique_ptr<Writable>> create(const std::string& path) override
    {
        UniqueFd fd = open_again(path.c_str(), O_WRONLY | O_CREAT | O_EXCL);
        if (!fd)
            return failed();
        return std::make_unique<SystemWritable>(std::move(fd));
    }
    FileResult<std::unique_ptr<Readable>> open(const std::string& path) override
    {
        UniqueFd fd = open_again(path.c_str(), O_RDONLY);
        if (!fd)
            return failed();
        return std::make_unique<SystemReadable>(std::move(fd));
    }
    FileResult<> rename(const std::string& from, const std::string& to) override
    {
        return done([&] { return ::rename(from.c_str(), to.c_str()); });
    }
    FileResult<> remove(const std::string& path) override
    {
        return done([&] { return ::unlink(path.c_str()); });
    }
    FileResult<> make_directory(const std::string& path) override
    {
        return done([&] { return ::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST ? 0 : -1; });
    }
    FileResult<> sync_directory(const std::string& path) override
    {
        const UniqueFd fd = open_again(path.c_str(), O_RDONLY | O_DIRECTORY);
        if (!fd)
            return failed();
        return done([&] { return ::fsync(fd.get()); });
    }
    FileResult<std::vector<std::string>> list(const std::string& directory) override
    {
        const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(directory.c_str()), ::closedir);
        if (!dir)
            return failed();
        std::vector<std::string> names;
        errno = 0;
        while (const dirent* entry = ::readdir(dir.get()))
            if (std::string name = entry->d_name; name != "." && name != "..")
                names.push_back(std::move(name));
        if (errno != 0)
            return failed();
        return names;
    }
    FileResult<std::uint64_t> free_bytes(const std::string& path) override
    {
        struct statvfs about = {};
        if (const auto asked = done([&] { return ::statvfs(path.c_str(), &about); }); !asked)
            return std::unexpected(asked.error());
        return std::uint64_t{about.f_bavail} * about.f_frsize;
    }
    std::expected<std::unique_ptr<Lock>, Held> lock(const std::string& path) override
    {
        UniqueFd fd = open_again(path.c_str(), O_RDWR | O_CREAT);
        if (!fd)
            return std::unexpected(Held{0, {errno}});
        if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno != EWOULDBLOCK)
                return std::unexpected(Held{0, {errno}});
            char text[24] = {};
            const ssize_t got = ::pread(fd.get(), text, sizeof text, 0);
            const auto by =
                parse_number(std::string_view(text, got > 0 ? static_cast<std::size_t>(got) : 0));
            return std::unexpected(Held{static_cast<std::int64_t>(by.value_or(0)), {}});
        }
        // For the message of whoever comes next; the lock holds without it.
        const std::string me = std::to_string(::getpid());
        if (::ftruncate(fd.get(), 0) == 0)
            (void)!::pwrite(fd.get(), me.data(), me.size(), 0);
        return std::make_unique<SystemLock>(std::move(fd));
    }
};

} // namespace

std::shared_ptr<Files> system_files()
{
    return std::make_shared<SystemFiles>();
}

} // namespace posthouse::store::rocksdb
