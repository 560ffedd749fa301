// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/clock.hpp"
#include "agent/outcome.hpp"

#include <string>
#include <string_view>
#include <sys/types.h>

/// One file with all letters: the format of /var/mail, in the variant called mboxrd.
namespace posthouse::agent {

/// Puts another ">" before each line that begins with ">*From ". In pieces cut anywhere.
class FromQuoting {
public:
    void append(std::string_view piece, std::string& to);
    /// With the line's end, if the last line has none, and the blank line that ends a letter.
    void finish(std::string& to);

private:
    enum class State { quotes, from, text };
    State state_ = State::quotes;
    std::size_t matched_ = 0; // of "From ", held back
    bool line_begun_ = false;
};

struct MboxLetter {
    int file;              // a LetterFile's descriptor
    std::string from_line; // the same for the same delivery, so that a repetition is seen
};

struct MboxTerms {
    uid_t owner;                   // who must own the file
    std::uint64_t quota_bytes = 0; // that it may have; 0: as much as the disk has
};

/// Appends a letter to the file `name` of a directory, which is made if it is missing. It must be a
/// regular file with one name, the owner's own. Locked by fcntl and by NAME.lock; whoever holds
/// either for longer than Limits::lock_wait defers the letter. On stable storage when it returns;
/// cut back to what it was if that fails. What a crash left of this same letter at the file's end
/// is completed, and a letter that stands there whole is not written twice.
Outcome append_to_mbox(int directory, const std::string& name, const MboxLetter&, const MboxTerms&,
                       Clock&);

} // namespace posthouse::agent
