// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "moving/files.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::moving {

/// Fields of an mbox that say what a server thinks of a letter, and are not of the letter: Status,
/// X-Status, X-Keywords, X-UID, X-IMAP, X-IMAPbase, Content-Length, X-UIDL.
bool is_mbox_field(std::string_view name);

/// Makes of a letter's bytes in a file, given in pieces cut anywhere, its bytes on the network:
/// lines end with CRLF. Of an mbox it leaves out the fields that are not the letter's, and takes
/// one ">" off quoted lines of the body.
class LetterText {
public:
    enum class Form : std::uint8_t { maildir, mbox, mbox_quoted, mbox_quoted_once };
    explicit LetterText(Form form) : form_(form) {}

    /// What is known of it by now.
    std::string take(std::string_view bytes);
    std::string finish();

private:
    void line_begins(std::string_view known, std::string& to);
    void put(std::string_view bytes, std::string& to);
    bool decided(std::string_view line) const;

    Form form_;
    std::string line_;     ///< the front of a line that is not decided on yet
    bool in_line_ = false; ///< behind that
    bool skipping_ = false, in_header_ = true;
    char last_ = '\0';
};

/// A letter that is read.
class OpenLetter {
public:
    OpenLetter(std::unique_ptr<File> file, std::uint64_t first, std::uint64_t bytes,
               LetterText::Form form)
        : file_(std::move(file)),
          at_(first),
          end_(first + bytes),
          text_(form)
    {
    }
    /// Its next piece; "" at its end.
    Result<std::string> read();

private:
    std::unique_ptr<File> file_;
    std::uint64_t at_, end_;
    LetterText text_;
};

} // namespace posthouse::moving
