// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/clock.hpp"
#include "agent/outcome.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// A directory with a file for each letter, as qmail invented it: written in tmp, then moved to
/// new; readers move it on to cur. No locks.
namespace posthouse::agent {

struct MaildirLetter {
    int file; // a LetterFile's descriptor
    std::uint64_t bytes;
    std::string name; // of the delivery: from maildir_name()
    Timestamp received;
};

/// The same for the same delivery, so that a repetition is seen:
/// "1795000000.P00…1f.mx.example.org".
std::string maildir_name(Timestamp received, std::uint64_t delivery, std::string_view hostname);

struct MaildirTerms {
    std::uint64_t quota_bytes = 0; // of the whole Maildir (Maildir++'s maildirsize); 0: none
};

/// `directory` is the Maildir itself; tmp, new and cur are made if they are missing. The letter is
/// on stable storage under its name when this returns. One that is in new or cur already, whatever
/// its flags, is not delivered again.
Outcome deliver_to_maildir(int directory, const MaildirLetter&, const MaildirTerms&, Clock&);

} // namespace posthouse::agent
