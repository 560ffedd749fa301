// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/flags.hpp"
#include "moving/files.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace posthouse::moving {

/// A letter as another server keeps it.
struct Letter {
    std::string identity; ///< 16 bytes; the same each time, whatever happens to other letters
    std::string place;    ///< for people, below the folder: "cur/1698.M1", "the letter at 12345"
    std::uint32_t uid = 0;
    mail::Flags flags;
    std::optional<std::int64_t> internal_date; ///< microseconds
    std::string uidl;                          ///< that its POP3 server gave it
    /// Where its bytes are. `first`: of the file; behind the From_ line, in an mbox.
    std::string file;
    std::uint64_t first = 0, bytes = 0;
    bool quoted = false; ///< lines of its body that begin with ">From " have one ">" too many
    std::string trouble; ///< not empty: why it cannot be read
};

struct Folder {
    std::string name;  ///< UTF-8, levels parted by "/"
    std::string place; ///< below where the source begins
    bool subscribed = false;
    std::string trouble; ///< not empty: it has no name here
};

/// A folder that was opened.
struct Contents {
    std::uint32_t uid_validity = 0, uid_next = 0; ///< 0: not known
    std::uint64_t letters = 0, bytes = 0;         ///< as they lie there
    std::vector<std::string> remarks;             ///< what could not be made sense of
};

/// Which UIDLs the letters of the INBOX had.
enum class UidlForm : std::uint8_t {
    noted,     ///< those that its files tell: Dovecot's uidlist, or else its default format of UID
               ///< and UIDVALIDITY; Courier's size list; qpopper's X-UIDL
    formatted, ///< all by a format of Dovecot's
    none,
};

struct SourceOptions {
    enum class Format : std::uint8_t { any, maildir, mbox } format = Format::any;
    enum class Quoting : std::uint8_t { any, mboxrd, mboxo, mboxcl2 } quoting = Quoting::any;
    UidlForm uidls = UidlForm::noted;
    std::string uidl_format = "%08Xu%08Xv";
};

/// Somebody's mailboxes, to be read. A folder at a time is open; of it a letter at a time is read.
class Source {
public:
    virtual ~Source() = default;
    virtual Result<std::vector<Folder>> folders() = 0;
    virtual Result<Contents> open(std::size_t folder) = 0;
    /// In the order they are to be brought in; at most Limits::page.
    virtual Result<std::vector<Letter>> letters(std::size_t from) = 0;
    struct Begun {
        std::uint64_t bytes = 0; ///< as they lie there
        std::optional<std::int64_t> internal_date;
    };
    /// From the front, in the network's form: every line ends with CRLF.
    virtual Result<Begun> begin(std::size_t letter) = 0;
    /// The next piece of it; "" at its end.
    virtual Result<std::string> read() = 0;
};

/// The letters from there on that Source::letters() tells at once.
std::vector<Letter> page_of(const std::vector<Letter>&, std::size_t from);

/// What is at a path; the error says why it cannot be read.
Result<std::unique_ptr<Source>> source_in(std::unique_ptr<Files>, const SourceOptions&);

/// 16 bytes that name it.
std::string identity_of(std::string_view);

} // namespace posthouse::moving
