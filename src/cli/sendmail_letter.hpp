// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "cli/sendmail_options.hpp"
#include "mail/address.hpp"

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

/// What the sendmail command makes of the text that it is given. No I/O.
namespace posthouse::cli {

/// Takes a letter as programs write it, with whatever line ends, up to a line that is a dot alone
/// where that ends it. What comes out has lines that end in CR LF. A CR of its own is a space in
/// the header, where it could pass for a new field, and a line end behind it; a NUL is a space in
/// the header.
class LetterIntake {
public:
    explicit LetterIntake(SendmailCall::Dot dot,
                          std::size_t most_bytes = SendmailLimits::letter_bytes)
        : dot_(dot),
          most_bytes_(most_bytes)
    {
    }

    /// False: it is complete, or too long, and no more is wanted.
    bool add(std::string_view);
    bool is_too_long() const { return too_long_; }
    /// All of it, once.
    std::string finish();

private:
    void take(char);
    void end_line();

    SendmailCall::Dot dot_;
    std::size_t most_bytes_;
    std::string text_;
    std::size_t line_ = 0; // where it begins in text_
    bool in_header_ = true;
    bool after_cr_ = false;
    bool complete_ = false;
    bool too_long_ = false;
};

/// Who writes, where.
struct LetterWriter {
    mail::Mailbox address; // login@hostname, or what -f says
    std::string full_name; // "" for none
    mail::Domain hostname;
    std::chrono::minutes zone{};
};

struct PreparedLetter {
    std::string header;          // with the empty line behind it
    std::size_t body_offset = 0; // in the text that was given: from there on it stays as it is
    /// Of To, Cc and Bcc (of the Resent- fields, where there are any): not checked yet.
    std::vector<std::string> recipients;
    bool eight_bit = false; // header or body
    bool utf8_header = false;
};

enum class LetterFault : std::uint8_t { header_too_long, too_many_recipients };

/// `text` is LetterIntake's. Adds Date, From and Message-ID (and, where there is a Resent- field,
/// Resent-Date, Resent-From and Resent-Message-ID before the first one) where they are missing
/// (RFC 5322 §3.6, §3.6.6, RFC 6409 §8); leaves Bcc, Resent-Bcc, Return-Path and the line of a mail
/// file ("From …") out; encodes a Subject in UTF-8 by RFC 2047.
std::expected<PreparedLetter, LetterFault>
prepare_letter(std::string_view text, const LetterWriter&, Random&, Timestamp now);

/// A user's full name out of the comment of his login: up to the first comma, "&" being the login's
/// name with a capital letter. Control characters are gone.
std::string full_name_of(std::string_view comment, std::string_view login);

/// What is written on one line: control characters become spaces.
std::string one_line(std::string_view);

} // namespace posthouse::cli
