// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/clock.hpp"
#include "agent/forward.hpp"
#include "agent/login.hpp"
#include "agent/outcome.hpp"
#include "config/config.hpp"

#include <cstdint>
#include <string>

namespace posthouse::agent {

/// What a delivery's own process does, as the recipient.
struct Errand {
    enum class Target : std::uint8_t { mailbox, file };
    Target target = Target::mailbox;
    std::string file; // Target::file: its absolute path
    bool reads_forward = false;
    Login login;
    std::string address; // the one that leads here; a letter that has been there is refused
    std::string detail;
    std::uint64_t letter = 0; // for the log

    int letter_file = -1; // a LetterFile's descriptor
    std::uint64_t letter_bytes = 0;
    std::uint64_t own_bytes = 0; // at its start: what we put before it
    std::string from_line;
    std::string maildir_name;
    Timestamp received;
};

/// Delivers. nullopt: it is for the mailbox, and that is local_delivery.program's work.
/// To be called as the user; nothing here is done with anybody else's rights, but that a mailbox in
/// mbox_directory is opened with the group `mailbox_group` (the user's own: none).
std::optional<Outcome> run_errand(const Errand&, const config::LocalDelivery&, gid_t mailbox_group,
                                  Clock&);

/// The group that may make files in the directory of all mailboxes, where that is not everybody's
/// (Debian: root:mail 2775); else the user's own.
gid_t mailbox_group(const config::LocalDelivery&, const Login&);

} // namespace posthouse::agent
