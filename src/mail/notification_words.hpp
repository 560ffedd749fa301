// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The words of notifications: passages of text with ${placeholders}, which an administrator can
/// replace and translate. The file's format stands in docs/notifications.md.
namespace posthouse::mail {

enum class Language : std::uint8_t { english, chinese };

/// What is written where. A passage's name in a file is its words with spaces: "failed subject".
enum class Passage : std::uint8_t {
    letter_from,    // the name before postmaster's address
    letter_opening, // of every notification
    letter_more,    // for those who are not named
    letter_closing,
    failed_subject,
    failed_introduction,
    failed_recipient, // once a recipient
    failed_closing,
    delayed_subject,
    delayed_introduction,
    delayed_recipient,
    delayed_closing,
    delivered_subject,
    delivered_introduction,
    delivered_recipient,
    delivered_closing,
    relayed_subject,
    relayed_introduction,
    relayed_recipient,
    relayed_closing,
    expanded_subject,
    expanded_introduction,
    expanded_recipient,
    expanded_closing,
    mixed_subject, // some failed, and something else became of others
    double_bounce_subject,
    double_bounce_introduction, // in place of those of the kinds
    double_bounce_closing,
};
constexpr std::size_t passages = 28;

enum class Placeholder : std::uint8_t {
    hostname,
    postmaster,
    letter,      // the id that `posthouse trace` takes
    sender,      // whom the notification is to
    arrived,     // when the letter came
    hours,       // since then
    retry_until, // how long it is tried; of a recipient, or the longest
    more,        // how many are not named
    // From here on: only of a recipient.
    recipient,
    final_address, // what it became here; nothing if it is the same
    status,
    host, // who gave the reason
    reason,
    output, // of a program
    tried,  // when it was tried last
};
constexpr std::size_t placeholders = 15;

/// What stands for each placeholder. Any bytes: control characters never get out.
class PlaceholderValues {
public:
    std::string& operator[](Placeholder p) { return values_[static_cast<std::size_t>(p)]; }
    const std::string& operator[](Placeholder p) const
    {
        return values_[static_cast<std::size_t>(p)];
    }

private:
    std::array<std::string, placeholders> values_;
};

/// A passage as it was read: lines of literals and placeholders.
using PassagePiece = std::variant<std::string, Placeholder>;
using PassageLine = std::vector<PassagePiece>;
using PassageText = std::vector<PassageLine>;

/// Whatever it is filled with, what comes out is UTF-8 without control characters. One that was not
/// read from a file says nothing.
class NotificationWords {
public:
    /// Lines that end with CRLF. A line whose placeholders all have nothing to say is left out. A
    /// value of several lines becomes several with the first one's indentation; a line that a value
    /// made longer than 76 columns is broken at its spaces.
    std::string text(Passage, const PlaceholderValues&) const;
    /// The same on one line, without its end.
    std::string line(Passage, const PlaceholderValues&) const;

private:
    friend class WordsReader;
    std::array<PassageText, passages> texts_;
};

struct WordsLimits {
    std::size_t bytes = 65536;
    std::size_t line_bytes = 998;
    std::size_t passage_bytes = 4096;
    std::size_t passage_placeholders = 32;
    /// Of a passage that is written once a recipient.
    std::size_t recipient_bytes = 1024;
    std::size_t recipient_placeholders = 12;
};

/// Where in a file (a line, from 1; 0: all of it) and what is wrong and what would be right there.
struct WordsProblem {
    std::size_t line;
    std::string what;
    bool operator==(const WordsProblem&) const = default;
};

/// The words that come with Posthouse.
const NotificationWords& words_of(Language);

/// A file's words; the passages that it does not have are those of `base`.
std::expected<NotificationWords, WordsProblem>
parse_words(std::string_view file, const NotificationWords& base = words_of(Language::english),
            const WordsLimits& = {});

/// As a file's text, to be copied and changed.
std::string_view words_file(Language);

} // namespace posthouse::mail
