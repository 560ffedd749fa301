// SPDX-License-Identifier: Apache-2.0
#include "agent/mbox.hpp"

#include "agent/files.hpp"
#include "agent/letter.hpp"
#include "agent/limits.hpp"
#include "agent/mbox_lock.hpp"
#include "base/descriptor_io.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <variant>

namespace posthouse::agent {
namespace {

constexpr std::string_view from = "From ";

/// The mailbox, open and locked in both ways.
struct Mbox {
    UniqueFd file;
    std::unique_ptr<DotLock> lock;
    off_t size = 0;
};

std::optional<Outcome> unfit(const struct stat& found, const MboxTerms& terms)
{
    if (!S_ISREG(found.st_mode))
        return deferred("4.2.1", "the mailbox is no regular file");
    if (found.st_nlink != 1)
        return deferred("4.2.1", "the mailbox has another name (a hard link)");
    if (found.st_uid != terms.owner)
        return deferred("4.2.1", "the mailbox belongs to another user");
    return std::nullopt;
}

/// Nothing: somebody holds a lock. Kernel's lock first, then the file's: Debian policy §11.6.
std::variant<std::monostate, Mbox, Outcome> try_lock(int directory, const std::string& name,
                                                     const MboxTerms& terms, Clock& clock)
{
    auto opened =
        open_at(directory, name,
                {.flags = O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                 .resolve = beneath | without_links});
    if (!opened)
        return trouble(opened.error(), opened.error() == ELOOP ? "the mailbox is a symbolic link"
                                                               : "the mailbox cannot be opened");
    Mbox mbox{.file = std::move(*opened), .lock = std::make_unique<DotLock>(directory, name)};
    struct stat ours{}, there{};
    if (::fstat(mbox.file.get(), &ours) != 0)
        return trouble(errno, "the mailbox");
    if (auto refusal = unfit(ours, terms))
        return std::move(*refusal);
    struct flock whole{};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (::fcntl(mbox.file.get(), F_SETLK, &whole) != 0) {
        if (errno == EAGAIN || errno == EACCES || errno == EINTR)
            return std::monostate();
        return trouble(errno, "the mailbox cannot be locked");
    }
    const auto taken = mbox.lock->take(clock);
    if (!taken)
        return trouble(taken.error(), "the mailbox's lock cannot be made");
    if (*taken == DotLock::Taken::no)
        return std::monostate();
    // A reader may have put another file in its place before the locks were ours.
    if (::fstatat(directory, name.c_str(), &there, AT_SYMLINK_NOFOLLOW) != 0 ||
        there.st_dev != ours.st_dev || there.st_ino != ours.st_ino)
        return std::monostate();
    if (::fstat(mbox.file.get(), &ours) != 0)
        return trouble(errno, "the mailbox");
    if (auto refusal = unfit(ours, terms))
        return std::move(*refusal);
    mbox.size = ours.st_size;
    return mbox;
}

std::variant<Mbox, Outcome> lock_mbox(int directory, const std::string& name,
                                      const MboxTerms& terms, Clock& clock)
{
    const auto deadline = clock.now() + Limits::lock_wait;
    constexpr std::chrono::milliseconds longest(500);
    for (std::chrono::milliseconds wait(10);; wait = std::min(wait * 2, longest)) {
        auto locked = try_lock(directory, name, terms, clock);
        if (auto* mbox = std::get_if<Mbox>(&locked))
            return std::move(*mbox);
        if (auto* outcome = std::get_if<Outcome>(&locked))
            return std::move(*outcome);
        if (clock.now() + wait > deadline)
            return deferred("4.2.0", "the mailbox is locked by another program");
        clock.pause(wait);
    }
}

/// The letter as it stands in the file, in pieces.
std::expected<void, int>
generate(const MboxLetter& letter,
         const std::function<std::expected<void, int>(std::string_view)>& take)
{
    if (auto done = take(letter.from_line); !done)
        return done;
    FromQuoting quoting;
    std::string quoted;
    auto done = read_pieces(letter.file, [&](std::string_view piece) {
        quoted.clear();
        quoting.append(piece, quoted);
        return take(quoted);
    });
    if (!done)
        return done;
    quoted.clear();
    quoting.finish(quoted);
    return take(quoted);
}

std::expected<off_t, int> size_of(const MboxLetter& letter)
{
    off_t size = 0;
    auto done = generate(letter, [&](std::string_view piece) -> std::expected<void, int> {
        size += static_cast<off_t>(piece.size());
        return {};
    });
    if (!done)
        return std::unexpected(done.error());
    return size;
}

/// Does what stands from here to the end begin the letter?
std::expected<bool, int> begins_here(const Mbox& mbox, off_t start, const MboxLetter& letter)
{
    off_t at = start;
    bool same = true;
    auto done = generate(letter, [&](std::string_view piece) -> std::expected<void, int> {
        const auto left = std::min<off_t>(static_cast<off_t>(piece.size()), mbox.size - at);
        if (!same || left <= 0)
            return {};
        const auto there = read_at(mbox.file.get(), static_cast<std::uint64_t>(at),
                                   static_cast<std::size_t>(left));
        if (!there)
            return std::unexpected(there.error());
        same = *there == piece.substr(0, static_cast<std::size_t>(left));
        at += left;
        return {};
    });
    if (!done)
        return std::unexpected(done.error());
    return same;
}

/// Where at the end of the file this letter stands already, whole or in part; else its size.
/// Letters are told apart by their Received: field, so that only a repetition is the same.
std::expected<off_t, int> find_in_tail(const Mbox& mbox, const MboxLetter& letter, off_t bytes)
{
    constexpr off_t window = 64 * 1024;
    constexpr int candidates = 16;
    const auto first = std::max<off_t>(0, mbox.size - bytes);
    int looked_at = 0;
    for (off_t at = first; at < mbox.size; at += window) {
        const auto overlap = static_cast<off_t>(letter.from_line.size()) + 1;
        const auto text = read_at(mbox.file.get(), static_cast<std::uint64_t>(at),
                                  static_cast<std::size_t>(window + overlap));
        if (!text)
            return std::unexpected(text.error());
        for (auto found = text->find(from); found != std::string::npos && looked_at < candidates;
             found = text->find(from, found + 1)) {
            const auto line = std::string_view(*text).substr(found, letter.from_line.size());
            if (!letter.from_line.starts_with(line) || (found > 0 && (*text)[found - 1] != '\n'))
                continue;
            ++looked_at;
            const auto start = at + static_cast<off_t>(found);
            const auto same = begins_here(mbox, start, letter);
            if (!same)
                return std::unexpected(same.error());
            if (*same)
                return start;
        }
    }
    return mbox.size;
}

/// What has to stand between the file's end and a new letter.
std::expected<std::string_view, int> gap_before(const Mbox& mbox)
{
    if (mbox.size == 0)
        return "";
    const auto from_end = std::min<off_t>(2, mbox.size);
    const auto tail = read_at(mbox.file.get(), static_cast<std::uint64_t>(mbox.size - from_end), 2);
    if (!tail)
        return std::unexpected(tail.error());
    if (tail->ends_with("\n\n") || *tail == "\n")
        return "";
    return tail->ends_with('\n') ? "\n" : "\n\n";
}

/// Writes what is not there yet. What stood in the file before is not touched.
std::expected<void, int> write_letter(const Mbox& mbox, off_t start, const MboxLetter& letter)
{
    if (start == mbox.size) {
        const auto gap = gap_before(mbox);
        if (!gap)
            return std::unexpected(gap.error());
        if (auto done = write_all(mbox.file.get(), *gap); !done)
            return done;
    }
    auto skip = static_cast<std::size_t>(mbox.size - start);
    auto done = generate(letter, [&](std::string_view piece) {
        const auto skipped = std::min(skip, piece.size());
        skip -= skipped;
        return write_all(mbox.file.get(), piece.substr(skipped));
    });
    if (!done)
        return done;
    if (::fsync(mbox.file.get()) != 0)
        return std::unexpected(errno);
    return {};
}

} // namespace

void FromQuoting::append(std::string_view piece, std::string& to)
{
    for (const char c : piece) {
        if (state_ == State::quotes && c != '>')
            state_ = State::from;
        if (state_ == State::from) {
            if (c == from[matched_]) {
                if (++matched_ == from.size()) {
                    to.append(">").append(from);
                    matched_ = 0;
                    state_ = State::text;
                }
                line_begun_ = true;
                continue;
            }
            to.append(from.substr(0, matched_));
            matched_ = 0;
            state_ = State::text;
        }
        to += c;
        line_begun_ = c != '\n';
        if (c == '\n')
            state_ = State::quotes;
    }
}

void FromQuoting::finish(std::string& to)
{
    to.append(from.substr(0, matched_));
    matched_ = 0;
    to += line_begun_ ? "\n\n" : "\n";
}

Outcome append_to_mbox(int directory, const std::string& name, const MboxLetter& letter,
                       const MboxTerms& terms, Clock& clock)
{
    auto locked = lock_mbox(directory, name, terms, clock);
    if (auto* outcome = std::get_if<Outcome>(&locked))
        return std::move(*outcome);
    const auto& mbox = std::get<Mbox>(locked);
    const auto bytes = size_of(letter);
    if (!bytes)
        return trouble(bytes.error(), "the letter cannot be read");
    const auto start = find_in_tail(mbox, letter, *bytes);
    if (!start)
        return trouble(start.error(), "the mailbox cannot be read");
    if (*start + *bytes == mbox.size)
        return delivered("it is in the mailbox already");
    if (terms.quota_bytes != 0 && static_cast<std::uint64_t>(*start + *bytes) > terms.quota_bytes)
        return deferred("4.2.2", "the mailbox is full");
    if (auto done = write_letter(mbox, *start, letter); !done) {
        auto text = std::string("the mailbox cannot be written");
        if (::ftruncate(mbox.file.get(), *start) != 0 || ::fsync(mbox.file.get()) != 0)
            text += ", and what was written stays in it";
        return trouble(done.error(), text);
    }
    if (mbox.size == 0 && ::fsync(directory) != 0) // It may be new.
        return trouble(errno, "the mailbox's directory");
    return delivered("delivered to the mailbox");
}

} // namespace posthouse::agent
