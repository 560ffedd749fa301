// SPDX-License-Identifier: Apache-2.0
#include "agent/maildir_quota.hpp"

#include "agent/directory_reader.hpp"
#include "agent/files.hpp"
#include "agent/letter.hpp"
#include "agent/limits.hpp"
#include "base/descriptor_io.hpp"
#include "base/text.hpp"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace posthouse::agent {
namespace {

constexpr const char* file_name = "maildirsize";

struct Count {
    std::int64_t bytes = 0, letters = 0;
    bool recent = false; // and made at once
};

std::optional<std::int64_t> signed_number(std::string_view text)
{
    std::int64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end)
        return std::nullopt;
    return value;
}

/// "size count", with signs and padding.
bool add_line(std::string_view line, Count& count)
{
    line = trimmed(line);
    if (line.empty())
        return true;
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos)
        return false;
    const auto bytes = signed_number(line.substr(0, blank));
    const auto letters = signed_number(trimmed(line.substr(blank)));
    if (!bytes || !letters || __builtin_add_overflow(count.bytes, *bytes, &count.bytes) ||
        __builtin_add_overflow(count.letters, *letters, &count.letters))
        return false;
    return true;
}

std::string quota_line(std::uint64_t quota_bytes)
{
    return fmt::format("{}S\n", quota_bytes);
}

/// Nothing: it is not there, not ours to believe, or not readable as such.
std::optional<Count> read_count(int maildir, std::uint64_t quota_bytes, Clock& clock)
{
    const auto file = open_at(maildir, file_name,
                              {.flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK, .resolve = beneath});
    struct stat found{};
    if (!file || ::fstat(file->get(), &found) != 0 || !S_ISREG(found.st_mode) ||
        found.st_size > static_cast<off_t>(Limits::quota_bytes))
        return std::nullopt;
    std::string text;
    auto done = read_pieces(file->get(), [&](std::string_view piece) -> std::expected<void, int> {
        if (text.size() + piece.size() > Limits::quota_bytes)
            return std::unexpected(EFBIG);
        text += piece;
        return {};
    });
    if (!done || !text.starts_with(quota_line(quota_bytes)))
        return std::nullopt;
    Count count;
    std::size_t lines = 0;
    for (auto rest = std::string_view(text).substr(text.find('\n') + 1); !rest.empty(); ++lines) {
        const auto end = rest.find('\n');
        if (!add_line(rest.substr(0, end), count))
            return std::nullopt;
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    const auto made = std::chrono::sys_seconds(std::chrono::seconds(found.st_mtime));
    count.recent = lines <= 1 && clock.wall() - made < std::chrono::minutes(15);
    if (count.bytes < 0 || count.letters < 0)
        return std::nullopt;
    return count;
}

/// By its name, ",S=size", or by its inode. Those with the flag T are thrown away already.
std::expected<void, int> count_file(int directory, std::string_view name, Count& count)
{
    const auto info = name.find(":2,");
    if (info != std::string_view::npos && name.substr(info).contains('T'))
        return {};
    const auto base = name.substr(0, info);
    std::optional<std::uint64_t> size;
    if (const auto at = base.find(",S="); at != std::string_view::npos) {
        const auto digits = base.substr(at + 3);
        size = parse_number(digits.substr(0, digits.find_first_not_of("0123456789")));
    }
    if (!size) {
        struct stat found{};
        if (::fstatat(directory, std::string(name).c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0)
            return errno == ENOENT ? std::expected<void, int>() : std::unexpected(errno);
        size = static_cast<std::uint64_t>(found.st_size);
    }
    std::int64_t sum = 0;
    if (__builtin_add_overflow(count.bytes, *size, &sum))
        return std::unexpected(EOVERFLOW);
    count.bytes = sum;
    ++count.letters;
    return {};
}

std::expected<void, int> count_directory(int maildir, const std::string& path, Count& count)
{
    auto directory =
        open_at(maildir, path, {.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW, .resolve = beneath});
    if (!directory)
        return directory.error() == ENOENT || directory.error() == ENOTDIR
                   ? std::expected<void, int>()
                   : std::unexpected(directory.error());
    const int fd = directory->get();
    std::expected<void, int> counted;
    auto done = read_names(std::move(*directory), [&](std::string_view name) {
        if (!name.starts_with('.'))
            counted = count_file(fd, name, count);
        return counted.has_value();
    });
    return counted ? done : counted;
}

/// Folders are directories ".Name" beside new and cur; what is in the trash does not count.
std::expected<Count, int> count_all(int maildir)
{
    std::vector<std::string> folders{""};
    auto top = open_at(maildir, ".", {.flags = O_RDONLY | O_DIRECTORY});
    if (!top)
        return std::unexpected(top.error());
    auto done = read_names(std::move(*top), [&](std::string_view name) {
        if (name.starts_with('.') && name != ".Trash")
            folders.push_back(std::string(name) + '/');
        return true;
    });
    Count count;
    for (const auto& folder : folders)
        for (const auto* part : {"new", "cur"})
            if (done)
                done = count_directory(maildir, folder + part, count);
    if (!done)
        return std::unexpected(done.error());
    return count;
}

std::expected<void, int> write_count(int maildir, std::uint64_t quota_bytes, const Count& count)
{
    const auto name = fmt::format("tmp/{}.{}", file_name, ::getpid());
    const auto file = open_at(
        maildir, name, {.flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, .resolve = beneath});
    if (!file)
        return std::unexpected(file.error());
    const auto text = fmt::format("{}{} {}\n", quota_line(quota_bytes), count.bytes, count.letters);
    if (auto done = write_all(file->get(), text); !done)
        return done;
    if (::renameat(maildir, name.c_str(), maildir, file_name) != 0)
        return std::unexpected(errno);
    return {};
}

bool fits(const Count& count, std::uint64_t quota_bytes, std::uint64_t bytes)
{
    const auto used = static_cast<std::uint64_t>(count.bytes);
    return used <= quota_bytes && bytes <= quota_bytes - used;
}

} // namespace

std::expected<bool, int> has_room(int maildir, std::uint64_t quota_bytes, std::uint64_t bytes,
                                  Clock& clock)
{
    const auto known = read_count(maildir, quota_bytes, clock);
    if (known && (known->recent || fits(*known, quota_bytes, bytes)))
        return fits(*known, quota_bytes, bytes);
    const auto counted = count_all(maildir);
    if (!counted)
        return std::unexpected(counted.error());
    if (auto done = write_count(maildir, quota_bytes, *counted); !done)
        return std::unexpected(done.error());
    return fits(*counted, quota_bytes, bytes);
}

void count_letter(int maildir, std::uint64_t bytes)
{
    const auto file =
        open_at(maildir, file_name,
                {.flags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK, .resolve = beneath});
    if (file)
        (void)write_all(file->get(), fmt::format("{} 1\n", bytes));
}

} // namespace posthouse::agent
