// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

/// A user's own redirections: ~/.forward, and ~/.forward+detail for mail to user+detail.
namespace posthouse::agent {

/// Whose file it is.
struct ForwardOwner {
    std::string user;
    std::string address; // the one that leads here
    std::string home;
    uid_t id;
    std::string detail; // "": none
};

struct Forward {
    /// In the grammar of wire Outcome.recipients: "a@b.example", "name", "\name", "|program args",
    /// "/file". None: the letter is for the mailbox.
    std::vector<std::string> recipients;
    /// What was found and not followed, for the log: "home is writable by others", "line 3: …".
    std::vector<std::string> warnings;
};

/// To be called as that user. Only a regular file of the user's or root's that nobody else may
/// write, in a home that nobody else may write, is followed, and no link. Anything else is as if it
/// were not there, and a warning. The error is an errno: whether there is one cannot be known now.
std::expected<Forward, int> read_forward(const ForwardOwner&);

/// What the file's text says. Naming oneself, or `\` oneself, keeps a copy.
Forward parse_forward(std::string_view text, const ForwardOwner&);

/// Does this mean that the letter goes to the mailbox, and nowhere else?
bool only_keeps(const Forward&, const ForwardOwner&);

} // namespace posthouse::agent
