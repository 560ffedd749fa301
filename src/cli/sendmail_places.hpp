// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "base/unique_fd.hpp"
#include "cli/sendmail_session.hpp"
#include "mail/drop.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

/// Where the sendmail command leaves letters: the server's socket, or the drop.
namespace posthouse::cli {

/// Who calls, and where.
struct Caller {
    std::string login;    // "" if the user has no name
    std::string comment;  // gecos
    std::string hostname; // /etc/mailname's or the system's: not checked
};
Caller this_caller();

enum class Unreached : std::uint8_t { nobody_there, forbidden };

std::expected<UniqueFd, Unreached> connect_to_server(const std::string& socket_path);

/// Over a socket; each wait takes `patience` at most.
std::unique_ptr<SubmissionLine> line_over(UniqueFd socket, std::chrono::seconds patience);

/// Bytes between a program (descriptors) and the server, until the server hangs up, as it does
/// after QUIT or when the program has said its last.
void relay(int in, int out, int server);

/// Writes a letter into the drop so that it is there whole or not at all, on stable storage, and
/// for nobody but its owner to read. The error is a sentence.
std::expected<void, std::string> leave_in_drop(const std::string& directory, const mail::Drop&,
                                               std::string_view header, std::string_view body);

} // namespace posthouse::cli
