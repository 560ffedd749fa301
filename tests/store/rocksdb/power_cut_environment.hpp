// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/rocksdb/environment.hpp"
#include "tests/store/rocksdb/power_cut_disk.hpp"

#include <cstring>
#include <rocksdb/env.h>

/// The embedded engine on a PowerCutDisk: OpenOptions::environment = power_cut_environment(disk).
namespace posthouse::tests {

namespace rdb = ::rocksdb;

class PowerCutFileSystem final : public rdb::FileSystem {
public:
    using Disk = std::shared_ptr<PowerCutDisk>;
    using Options = const rdb::IOOptions&;
    using FileOptions = const rdb::FileOptions&;
    using Debug = rdb::IODebugContext*;
    using Path = const std::string&;

    explicit PowerCutFileSystem(Disk disk) : disk_(std::move(disk)) {}
    const char* Name() const override { return "PowerCutFileSystem"; }

    static rdb::IOStatus status(int error)
    {
        switch (error) {
        case 0:
            return rdb::IOStatus::OK();
        case ENOENT:
            return rdb::IOStatus::PathNotFound(std::strerror(error));
        case ENOSPC:
            return rdb::IOStatus::NoSpace(std::strerror(error));
        default:
            return rdb::IOStatus::IOError(std::strerror(error));
        }
    }

    rdb::IOStatus NewSequentialFile(Path path, FileOptions,
                                    std::unique_ptr<rdb::FSSequentialFile>* result, Debug) override
    {
        PowerCutDisk::FilePtr file;
        const int error = disk_->find(path, file);
        if (!error)
            *result = std::make_unique<Sequential>(disk_, std::move(file));
        return status(error);
    }
    rdb::IOStatus NewRandomAccessFile(Path path, FileOptions,
                                      std::unique_ptr<rdb::FSRandomAccessFile>* result,
                                      Debug) override
    {
        PowerCutDisk::FilePtr file;
        const int error = disk_->find(path, file);
        if (!error)
            *result = std::make_unique<RandomAccess>(disk_, std::move(file));
        return status(error);
    }
    rdb::IOStatus NewWritableFile(Path path, FileOptions,
                                  std::unique_ptr<rdb::FSWritableFile>* result, Debug) override
    {
        PowerCutDisk::FilePtr file;
        const int error = disk_->create(path, false, file);
        if (!error)
            *result = std::make_unique<Writable>(disk_, std::move(file));
        return status(error);
    }
    rdb::IOStatus ReuseWritableFile(Path path, Path old_path, FileOptions options,
                                    std::unique_ptr<rdb::FSWritableFile>* result,
                                    Debug debug) override
    {
        if (const int error = disk_->rename(old_path, path))
            return status(error);
        return NewWritableFile(path, options, result, debug);
    }
    rdb::IOStatus NewDirectory(Path path, Options, std::unique_ptr<rdb::FSDirectory>* result,
                               Debug) override
    {
        if (!disk_->is_directory(trimmed(path)))
            return status(ENOENT);
        *result = std::make_unique<Directory>(disk_, trimmed(path));
        return status(0);
    }
    rdb::IOStatus FileExists(Path path, Options, Debug) override
    {
        PowerCutDisk::FilePtr file;
        const bool there = disk_->is_directory(trimmed(path)) || disk_->find(path, file) == 0;
        return there ? rdb::IOStatus::OK() : rdb::IOStatus::NotFound();
    }
    rdb::IOStatus GetChildren(Path path, Options, std::vector<std::string>* result, Debug) override
    {
        result->clear();
        const int error = disk_->list(trimmed(path), *result);
        return error == ENOENT ? rdb::IOStatus::NotFound() : status(error);
    }
    rdb::IOStatus DeleteFile(Path path, Options, Debug) override
    {
        return status(disk_->remove(path));
    }
    rdb::IOStatus CreateDir(Path path, Options, Debug) override
    {
        return status(disk_->make_directory(trimmed(path), true));
    }
    rdb::IOStatus CreateDirIfMissing(Path path, Options, Debug) override
    {
        return status(disk_->make_directory(trimmed(path), false));
    }
    rdb::IOStatus DeleteDir(Path, Options, Debug) override { return status(0); }
    rdb::IOStatus GetFileSize(Path path, Options, std::uint64_t* size, Debug) override
    {
        PowerCutDisk::FilePtr file;
        const int error = disk_->find(path, file);
        if (!error)
            *size = disk_->size(*file);
        return status(error);
    }
    rdb::IOStatus GetFileModificationTime(Path, Options, std::uint64_t* time, Debug) override
    {
        *time = 0;
        return status(0);
    }
    rdb::IOStatus RenameFile(Path from, Path to, Options, Debug) override
    {
        return status(disk_->rename(from, to));
    }
    rdb::IOStatus LockFile(Path path, Options, rdb::FileLock** lock, Debug) override
    {
        if (!disk_->lock_path(path))
            return rdb::IOStatus::IOError("locked", path);
        *lock = new Lock(path);
        return status(0);
    }
    rdb::IOStatus UnlockFile(rdb::FileLock* lock, Options, Debug) override
    {
        const std::unique_ptr<Lock> held(static_cast<Lock*>(lock));
        disk_->unlock_path(held->path);
        return status(0);
    }
    rdb::IOStatus GetTestDirectory(Options, std::string* path, Debug) override
    {
        *path = "/test";
        return status(0);
    }
    rdb::IOStatus NewLogger(Path, Options, std::shared_ptr<rdb::Logger>* result, Debug) override
    {
        *result = std::make_shared<Silence>();
        return status(0);
    }
    rdb::IOStatus GetAbsolutePath(Path path, Options, std::string* result, Debug) override
    {
        *result = path;
        return status(0);
    }
    rdb::IOStatus GetFreeSpace(Path, Options, std::uint64_t* bytes, Debug) override
    {
        *bytes = disk_->free_bytes();
        return status(0);
    }
    rdb::IOStatus IsDirectory(Path path, Options, bool* is, Debug) override
    {
        *is = disk_->is_directory(trimmed(path));
        return status(0);
    }

private:
    struct Lock final : rdb::FileLock {
        explicit Lock(std::string p) : path(std::move(p)) {}
        std::string path;
    };
    class Silence final : public rdb::Logger {
    public:
        using rdb::Logger::Logv;
        void Logv(const char*, va_list) override {}
        std::size_t GetLogFileSize() const override { return 0; }
    };
    static std::string trimmed(std::string path)
    {
        while (path.ends_with('/'))
            path.pop_back();
        return path;
    }
    static rdb::Slice copy(const std::string& bytes, char* scratch)
    {
        std::memcpy(scratch, bytes.data(), bytes.size());
        return {scratch, bytes.size()};
    }
    class Sequential final : public rdb::FSSequentialFile {
    public:
        Sequential(Disk disk, PowerCutDisk::FilePtr file)
            : disk_(std::move(disk)),
              file_(std::move(file))
        {
        }
        rdb::IOStatus Read(std::size_t n, Options, rdb::Slice* result, char* scratch,
                           Debug) override
        {
            const std::string bytes = disk_->read(*file_, at_, n);
            at_ += bytes.size();
            *result = copy(bytes, scratch);
            return status(0);
        }
        rdb::IOStatus Skip(std::uint64_t n) override
        {
            at_ += n;
            return status(0);
        }

    private:
        Disk disk_;
        PowerCutDisk::FilePtr file_;
        std::uint64_t at_ = 0;
    };
    class RandomAccess final : public rdb::FSRandomAccessFile {
    public:
        RandomAccess(Disk disk, PowerCutDisk::FilePtr file)
            : disk_(std::move(disk)),
              file_(std::move(file))
        {
        }
        rdb::IOStatus Read(std::uint64_t offset, std::size_t n, Options, rdb::Slice* result,
                           char* scratch, Debug) const override
        {
            *result = copy(disk_->read(*file_, offset, n), scratch);
            return status(0);
        }

    private:
        Disk disk_;
        PowerCutDisk::FilePtr file_;
    };
    class Writable final : public rdb::FSWritableFile {
    public:
        Writable(Disk disk, PowerCutDisk::FilePtr file)
            : disk_(std::move(disk)),
              file_(std::move(file))
        {
        }
        using rdb::FSWritableFile::Append;
        rdb::IOStatus Append(const rdb::Slice& bytes, Options, Debug) override
        {
            return status(disk_->append(*file_, bytes.ToStringView()));
        }
        rdb::IOStatus Truncate(std::uint64_t size, Options, Debug) override
        {
            return status(disk_->truncate(*file_, size));
        }
        rdb::IOStatus Close(Options, Debug) override { return status(0); }
        rdb::IOStatus Flush(Options, Debug) override { return status(0); }
        rdb::IOStatus Sync(Options, Debug) override { return status(disk_->sync(*file_)); }
        std::uint64_t GetFileSize(Options, Debug) override { return disk_->size(*file_); }

    private:
        Disk disk_;
        PowerCutDisk::FilePtr file_;
    };
    class Directory final : public rdb::FSDirectory {
    public:
        Directory(Disk disk, std::string path) : disk_(std::move(disk)), path_(std::move(path)) {}
        rdb::IOStatus Fsync(Options, Debug) override
        {
            return status(disk_->sync_directory(path_));
        }
        rdb::IOStatus Close(Options, Debug) override { return status(0); }

    private:
        Disk disk_;
        std::string path_;
    };

    Disk disk_;
};

class PowerCutFiles final : public store::rocksdb::Files {
public:
    using Disk = std::shared_ptr<PowerCutDisk>;
    template <class T = void>
    using Done = store::rocksdb::FileResult<T>;

    explicit PowerCutFiles(Disk disk) : disk_(std::move(disk)) {}

    Done<std::unique_ptr<Writable>> create(const std::string& path) override
    {
        PowerCutDisk::FilePtr file;
        if (const int error = disk_->create(path, true, file))
            return failed(error);
        return std::make_unique<Out>(disk_, std::move(file));
    }
    Done<std::unique_ptr<Readable>> open(const std::string& path) override
    {
        PowerCutDisk::FilePtr file;
        if (const int error = disk_->find(path, file))
            return failed(error);
        return std::make_unique<In>(disk_, std::move(file));
    }
    Done<> rename(const std::string& from, const std::string& to) override
    {
        return done(disk_->rename(from, to));
    }
    Done<> remove(const std::string& path) override { return done(disk_->remove(path)); }
    Done<> make_directory(const std::string& path) override
    {
        return done(disk_->make_directory(path, false));
    }
    Done<> sync_directory(const std::string& path) override
    {
        return done(disk_->sync_directory(path));
    }
    Done<std::vector<std::string>> list(const std::string& directory) override
    {
        std::vector<std::string> names;
        if (const int error = disk_->list(directory, names))
            return failed(error);
        return names;
    }
    Done<std::uint64_t> free_bytes(const std::string&) override { return disk_->free_bytes(); }
    std::expected<std::unique_ptr<Lock>, Held> lock(const std::string& path) override
    {
        if (!disk_->lock_path(path))
            return std::unexpected(Held{0, {}});
        return std::make_unique<Locked>(disk_, path);
    }

private:
    static std::unexpected<store::rocksdb::FileError> failed(int error)
    {
        return std::unexpected(store::rocksdb::FileError{error});
    }
    static Done<> done(int error)
    {
        if (error)
            return failed(error);
        return {};
    }
    class Out final : public Writable {
    public:
        Out(Disk disk, PowerCutDisk::FilePtr file) : disk_(std::move(disk)), file_(std::move(file))
        {
        }
        Done<> append(std::string_view bytes) override
        {
            return done(disk_->append(*file_, bytes));
        }
        Done<> sync() override { return done(disk_->sync(*file_)); }

    private:
        Disk disk_;
        PowerCutDisk::FilePtr file_;
    };
    class In final : public Readable {
    public:
        In(Disk disk, PowerCutDisk::FilePtr file) : disk_(std::move(disk)), file_(std::move(file))
        {
        }
        Done<std::string> read(std::uint64_t offset, std::size_t length) override
        {
            return disk_->read(*file_, offset, length);
        }

    private:
        Disk disk_;
        PowerCutDisk::FilePtr file_;
    };
    class Locked final : public Lock {
    public:
        Locked(Disk disk, std::string path) : disk_(std::move(disk)), path_(std::move(path)) {}
        ~Locked() override { disk_->unlock_path(path_); }

    private:
        Disk disk_;
        std::string path_;
    };

    Disk disk_;
};

inline std::shared_ptr<store::rocksdb::Environment>
power_cut_environment(std::shared_ptr<PowerCutDisk> disk)
{
    auto environment = std::make_shared<store::rocksdb::Environment>();
    environment->database = std::make_shared<PowerCutFileSystem>(disk);
    environment->files = std::make_shared<PowerCutFiles>(disk);
    return environment;
}

} // namespace posthouse::tests
