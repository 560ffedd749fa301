// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/flags.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Mailboxes in the files of other servers, as Dovecot reads and writes them.
namespace posthouse::moving {

/// What is known of a letter that is written.
struct Noted {
    std::uint32_t uid = 0, uid_validity = 0;
    mail::Flags flags;
    std::int64_t internal_date = 0; ///< microseconds
    std::string uidl;
};

/// What is known of a mailbox.
struct NotedMailbox {
    std::uint32_t uid_validity = 0, uid_next = 1;
    std::vector<std::string> keywords;
};

/// "From MAILER-DAEMON Sat Nov 21 10:00:00 2026", and the fields that tell what is known. With the
/// mailbox: for its first letter.
std::string mbox_head(const Noted&, const NotedMailbox* first);
/// A letter that is none, so that an empty mailbox keeps its UIDs: what UW and Dovecot write.
std::string mbox_placeholder(const NotedMailbox&);

/// A letter's bytes, given in pieces, for a file: lines end with LF. For an mbox without the fields
/// that mean something there, and quoted (mboxrd).
class FileText {
public:
    enum class Form : std::uint8_t { maildir, mboxrd };
    explicit FileText(Form form) : form_(form) {}
    std::string take(std::string_view bytes);
    /// Of an mbox with the blank line behind it.
    std::string finish();

private:
    void line(std::string_view front, std::string& to);
    Form form_;
    std::string front_; ///< of a line that is not decided on yet
    bool in_line_ = false, skipping_ = false, in_header_ = true, carriage_return_ = false;
    char last_ = '\n';
};

/// The front of a file's name, the same each time for the same letter.
std::string maildir_front(const Noted&);
/// ":2,FSa"; keywords by their places, as far as there are letters.
std::string maildir_flags(const Noted&, const std::vector<std::string>& keywords);

struct UidListLine {
    std::uint32_t uid = 0;
    std::string uidl, file; ///< file: without its flags
};
std::string dovecot_uidlist(const NotedMailbox&, const std::vector<UidListLine>&);
inline constexpr std::size_t maildir_keywords = 26;
std::string dovecot_keywords(const std::vector<std::string>&);
std::string dovecot_subscriptions(const std::vector<std::string>& utf8_names);

} // namespace posthouse::moving
