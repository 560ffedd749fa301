// SPDX-License-Identifier: Apache-2.0
#include "agent/maildir.hpp"

#include "agent/directory_reader.hpp"
#include "agent/files.hpp"
#include "agent/letter.hpp"
#include "agent/maildir_quota.hpp"
#include "base/contract.hpp"
#include "base/descriptor_io.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace posthouse::agent {
namespace {

struct Maildir {
    UniqueFd tmp, fresh, cur;
};

std::expected<Maildir, int> open_maildir(int directory)
{
    auto tmp = make_directory_beneath(directory, "tmp");
    if (!tmp)
        return std::unexpected(tmp.error());
    auto fresh = make_directory_beneath(directory, "new");
    if (!fresh)
        return std::unexpected(fresh.error());
    auto cur = make_directory_beneath(directory, "cur");
    if (!cur)
        return std::unexpected(cur.error());
    return Maildir{std::move(*tmp), std::move(*fresh), std::move(*cur)};
}

/// Behind the name come ",S=size", flags, whatever readers add.
bool is_of(std::string_view file, std::string_view name)
{
    return file.starts_with(name) &&
           (file.size() == name.size() || file[name.size()] == ',' || file[name.size()] == ':');
}

std::expected<bool, int> holds(int directory, const std::string& name)
{
    auto again = open_at(directory, ".", {.flags = O_RDONLY | O_DIRECTORY});
    if (!again)
        return std::unexpected(again.error());
    bool found = false;
    auto done = read_names(std::move(*again), [&](std::string_view file) {
        found = is_of(file, name);
        return !found;
    });
    if (!done)
        return std::unexpected(done.error());
    return found;
}

/// A directory in which nothing was changed since the letter came cannot hold it, however many
/// thousands it holds.
std::expected<bool, int> may_hold(int directory, Timestamp received)
{
    constexpr auto clocks_differ = std::chrono::minutes(1); // the file server's and ours
    struct stat found{};
    if (::fstat(directory, &found) != 0)
        return std::unexpected(errno);
    const auto changed = std::chrono::sys_seconds(std::chrono::seconds(found.st_mtim.tv_sec));
    return changed + clocks_differ >= received;
}

std::expected<bool, int> has_letter(const Maildir& maildir, const MaildirLetter& letter)
{
    for (const auto* directory : {&maildir.fresh, &maildir.cur}) {
        const auto may = may_hold(directory->get(), letter.received);
        if (!may)
            return may;
        if (!*may)
            continue;
        const auto there = holds(directory->get(), letter.name);
        if (!there || *there)
            return there;
    }
    return false;
}

std::expected<void, int> write_file(int directory, const std::string& name, int letter)
{
    // What a crash left; nobody else makes this name.
    if (::unlinkat(directory, name.c_str(), 0) != 0 && errno != ENOENT)
        return std::unexpected(errno);
    const auto file = open_at(
        directory, name, {.flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, .resolve = beneath});
    if (!file)
        return std::unexpected(file.error());
    auto done =
        read_pieces(letter, [&](std::string_view piece) { return write_all(file->get(), piece); });
    if (!done)
        return done;
    if (::fsync(file->get()) != 0)
        return std::unexpected(errno);
    return {};
}

/// Never over another file. Not every file system can do that in one step.
std::expected<void, int> move(int from, int to, const std::string& name)
{
    if (::renameat2(from, name.c_str(), to, name.c_str(), RENAME_NOREPLACE) == 0)
        return {};
    if (errno != EINVAL && errno != ENOSYS)
        return std::unexpected(errno);
    struct stat found{};
    if (::fstatat(to, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0)
        return std::unexpected(EEXIST);
    if (errno != ENOENT || ::renameat(from, name.c_str(), to, name.c_str()) != 0)
        return std::unexpected(errno);
    return {};
}

} // namespace

std::string maildir_name(Timestamp received, std::uint64_t delivery, std::string_view hostname)
{
    expects(!hostname.contains('/') && !hostname.contains(':'));
    const auto seconds = std::chrono::floor<std::chrono::seconds>(received).time_since_epoch();
    return fmt::format("{}.P{:016x}.{}", seconds.count(), delivery, hostname);
}

Outcome deliver_to_maildir(int directory, const MaildirLetter& letter, const MaildirTerms& terms,
                           Clock& clock)
{
    const auto maildir = open_maildir(directory);
    if (!maildir)
        return trouble(maildir.error(), "the Maildir cannot be opened");
    const auto there = has_letter(*maildir, letter);
    if (!there)
        return trouble(there.error(), "the Maildir cannot be read");
    if (*there)
        return delivered("it is in the Maildir already");
    if (terms.quota_bytes != 0) {
        const auto room = has_room(directory, terms.quota_bytes, letter.bytes, clock);
        if (!room)
            return trouble(room.error(), "the Maildir cannot be counted");
        if (!*room)
            return deferred("4.2.2", "the mailbox is full");
    }
    const auto name = fmt::format("{},S={}", letter.name, letter.bytes);
    auto done = write_file(maildir->tmp.get(), name, letter.file);
    if (done)
        done = move(maildir->tmp.get(), maildir->fresh.get(), name);
    if (done && ::fsync(maildir->fresh.get()) != 0)
        done = std::unexpected(errno);
    if (!done) {
        ::unlinkat(maildir->tmp.get(), name.c_str(), 0);
        if (done.error() == EEXIST)
            return delivered("it is in the Maildir already");
        return trouble(done.error(), "the Maildir cannot be written");
    }
    if (terms.quota_bytes != 0)
        count_letter(directory, letter.bytes);
    return delivered("delivered to the Maildir");
}

} // namespace posthouse::agent
