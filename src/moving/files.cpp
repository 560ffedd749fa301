// SPDX-License-Identifier: Apache-2.0
#include "moving/files.hpp"

#include "base/descriptor_io.hpp"
#include "moving/beneath.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace posthouse::moving {
namespace {

std::unexpected<std::string> failed(int error = errno)
{
    if (error == EXDEV)
        return std::unexpected(std::string("it is a symbolic link that leads elsewhere"));
    return std::unexpected(std::string(std::strerror(error)));
}

class HostFile final : public File {
public:
    HostFile(UniqueFd file, const struct stat& found)
        : file_(std::move(file)),
          bytes_(static_cast<std::uint64_t>(found.st_size)),
          changed_(found.st_mtim.tv_sec * 1'000'000 + found.st_mtim.tv_nsec / 1000)
    {
    }
    std::uint64_t bytes() const override { return bytes_; }
    std::int64_t changed() const override { return changed_; }
    Result<std::string> read(std::uint64_t offset, std::size_t length) override
    {
        if (offset >= bytes_)
            return std::string();
        length = static_cast<std::size_t>(std::min<std::uint64_t>(length, bytes_ - offset));
        auto bytes = read_at(file_.get(), offset, length);
        if (!bytes)
            return failed(bytes.error());
        if (bytes->size() < length)
            return std::unexpected(std::string("the file became shorter"));
        return std::move(*bytes);
    }

private:
    UniqueFd file_;
    std::uint64_t bytes_;
    std::int64_t changed_;
};

class HostFiles final : public Files {
public:
    explicit HostFiles(const std::string& root) : root_(root) {}

    FileKind kind(const std::string& path) override
    {
        const auto place = root_.open(path, O_PATH);
        struct stat found{};
        if (!place || ::fstat(place->get(), &found) != 0)
            return FileKind::other;
        return S_ISDIR(found.st_mode)   ? FileKind::directory
               : S_ISREG(found.st_mode) ? FileKind::file
                                        : FileKind::other;
    }

    Result<std::vector<Entry>> list(const std::string& path) override
    {
        auto place = root_.open(path, O_RDONLY | O_DIRECTORY);
        if (!place)
            return failed(place.error());
        DIR* directory = ::fdopendir(place->get());
        if (directory == nullptr)
            return failed();
        (void)place->release(); // It is the directory's.
        std::vector<Entry> entries;
        while (const auto* entry = ::readdir(directory)) {
            const std::string name(entry->d_name);
            if (name == "." || name == "..")
                continue;
            FileKind found = FileKind::other;
            if (entry->d_type == DT_REG)
                found = FileKind::file;
            else if (entry->d_type == DT_DIR)
                found = FileKind::directory;
            else if (entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK)
                found = kind(joined(path, name));
            entries.push_back({name, found});
            if (entries.size() > Limits::letters)
                break;
        }
        ::closedir(directory);
        // The same each time, whatever the file system says.
        std::ranges::sort(entries, {}, &Entry::name);
        return entries;
    }

    Result<std::unique_ptr<File>> open(const std::string& path) override
    {
        // A pipe that somebody put there must not hold us up.
        auto file = root_.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
        if (!file)
            return failed(file.error());
        struct stat found{};
        if (::fstat(file->get(), &found) != 0)
            return failed();
        if (!S_ISREG(found.st_mode))
            return std::unexpected(std::string("it is no file"));
        return std::make_unique<HostFile>(std::move(*file), found);
    }

private:
    Beneath root_;
};

} // namespace

std::unique_ptr<Files> files_at(const std::string& path)
{
    return std::make_unique<HostFiles>(path);
}

std::string joined(const std::string& directory, std::string_view name)
{
    return directory.empty() ? std::string(name) : directory + "/" + std::string(name);
}

Result<std::string> read_whole(Files& files, const std::string& path)
{
    if (files.kind(path) != FileKind::file)
        return std::string();
    auto file = files.open(path);
    if (!file)
        return std::unexpected(file.error());
    if ((*file)->bytes() > Limits::index_bytes)
        return std::unexpected(std::string("it is too large"));
    return (*file)->read(0, static_cast<std::size_t>((*file)->bytes()));
}

} // namespace posthouse::moving
