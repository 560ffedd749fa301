// SPDX-License-Identifier: Apache-2.0
#include "agent/letter.hpp"

#include "base/descriptor_io.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

namespace posthouse::agent {

void LocalLines::append(std::string_view piece, std::string& to)
{
    if (piece.empty())
        return;
    if (after_return_ && piece.front() != '\n')
        to += '\r';
    after_return_ = false;
    for (;;) {
        const auto at = piece.find('\r');
        to.append(piece.substr(0, at));
        if (at == std::string_view::npos)
            return;
        piece.remove_prefix(at + 1);
        if (piece.empty()) {
            after_return_ = true;
            return;
        }
        if (piece.front() != '\n')
            to += '\r';
    }
}

void LocalLines::finish(std::string& to)
{
    if (after_return_)
        to += '\r';
    after_return_ = false;
}

std::expected<LetterFile, int> LetterFile::create()
{
    UniqueFd file(::memfd_create("letter", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file)
        return std::unexpected(errno);
    return LetterFile(std::move(file));
}

std::expected<void, int> LetterFile::append(std::string_view piece)
{
    converted_.clear();
    lines_.append(piece, converted_);
    bytes_ += converted_.size();
    return write_all(file_.get(), converted_);
}

std::expected<void, int> LetterFile::finish()
{
    converted_.clear();
    lines_.finish(converted_);
    bytes_ += converted_.size();
    if (auto done = write_all(file_.get(), converted_); !done)
        return done;
    converted_ = std::string();
    if (::lseek(file_.get(), 0, SEEK_SET) != 0 ||
        ::fcntl(file_.get(), F_ADD_SEALS,
                F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        return std::unexpected(errno);
    return {};
}

std::string from_line(std::string_view sender, Timestamp at)
{
    std::string shown(sender.empty() ? std::string_view("MAILER-DAEMON") : sender);
    std::ranges::replace_if(
        shown, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; }, '-');
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 64> text{}; // As asctime() writes it: RFC 4155 appendix A.
    const auto length = std::strftime(text.data(), text.size(), "%a %b %e %H:%M:%S %Y", &parts);
    return fmt::format("From {} {}\n", shown, std::string_view(text.data(), length));
}

std::expected<void, int>
read_pieces(int fd, const std::function<std::expected<void, int>(std::string_view)>& take)
{
    std::string buffer(std::size_t{64} * 1024, '\0');
    for (off_t at = 0;;) {
        const auto got = ::pread(fd, buffer.data(), buffer.size(), at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return std::unexpected(errno);
        if (got == 0)
            return {};
        at += got;
        if (auto done = take(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
            !done)
            return done;
    }
}

} // namespace posthouse::agent
