// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "base/unique_fd.hpp"

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

/// A letter as this host's files and programs have it: lines end with LF alone.
namespace posthouse::agent {

/// Makes CRLF into LF, in pieces cut anywhere. Other CRs and LFs stay as they are.
class LocalLines {
public:
    /// What is certain so far is appended to `to`.
    void append(std::string_view piece, std::string& to);
    void finish(std::string& to);

private:
    bool after_return_ = false;
};

/// In a memory file. Errors are errno's.
class LetterFile {
public:
    static std::expected<LetterFile, int> create();
    std::expected<void, int> append(std::string_view piece);
    /// Nothing can be changed from now on, by anybody who is handed it.
    std::expected<void, int> finish();

    int fd() const { return file_.get(); }
    std::uint64_t bytes() const { return bytes_; }

private:
    explicit LetterFile(UniqueFd file) : file_(std::move(file)) {}
    UniqueFd file_;
    LocalLines lines_;
    std::string converted_;
    std::uint64_t bytes_ = 0;
};

/// "From sender Sun Nov 22 03:20:05 2026", with its line end. The null sender is MAILER-DAEMON; a
/// blank in an address is shown as "-", since it would end it.
std::string from_line(std::string_view sender, Timestamp);

/// The file from its start, in pieces. Stops at the first error of `take`.
std::expected<void, int>
read_pieces(int fd, const std::function<std::expected<void, int>(std::string_view)>& take);

} // namespace posthouse::agent
