// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/smtp/server_rehearsal.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::smtp {

/// A file of tests/smtp/transcripts/server; its README.md says what stands in one.
struct ServerTranscript {
    struct Letter {
        std::string envelope; // "sender > recipient recipient"
        std::string text;
    };

    ServerScript script;               // With what the client says.
    std::vector<std::string> expected; // What the server says, line by line, as in the file.
    /// The offsets at which the client waits, and how many expected lines have come by then.
    std::map<std::size_t, std::size_t> waits;
    std::map<std::string, Reply> later; // In LMTP: who gets the letter after all.
    std::vector<Letter> letters;
    bool closed = false;
    std::string fault; // Of the file.

    static ServerTranscript load(const std::filesystem::path&);

    /// Do these lines say what is expected? Returns the expected line that fails, or "".
    std::string compare(std::string_view said, std::size_t expected_lines) const;
};

} // namespace posthouse::smtp
