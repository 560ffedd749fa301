// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

/// Text in any character set as UTF-8: RFC 2045 §5.1 `charset`, as letters label it and mislabel
/// it (docs/mime.md, "Character sets").
namespace posthouse::mail {

/// Loads every converter and fold()'s tables, so that none opens a file afterwards: for a program that is about to
/// confine itself. Without it all works, if files may be opened.
void prepare_charsets();

/// What to do with a label that cannot be right: one that is unknown or missing, or that says ASCII
/// where there are other bytes.
enum class Guess : std::uint8_t {
    never,    ///< Bytes outside ASCII become U+FFFD.
    sensibly, ///< Well-formed UTF-8 is UTF-8, whatever its label says; ISO-2022's escapes count;
              ///< GB18030 or Big5 or EUC if all bytes fit and look it; else Windows-1252.
};

/// Does the label name a character set that is known here?
bool is_known_charset(std::string_view label);

/// Never fails: bytes that mean nothing become U+FFFD. At most `most` bytes, whole characters;
/// without that limit at most three for each byte given. U+0000 is among them as it was.
std::string to_utf8(std::string_view bytes, std::string_view label, Guess = Guess::sensibly,
                    std::size_t most = static_cast<std::size_t>(-1));

/// The same in pieces. What is guessed is decided by 4 KiB from the first byte outside ASCII on.
class CharsetDecoder {
public:
    explicit CharsetDecoder(std::string_view label, Guess = Guess::sensibly);
    ~CharsetDecoder();
    CharsetDecoder(CharsetDecoder&&) noexcept;
    CharsetDecoder& operator=(CharsetDecoder&&) noexcept;

    /// Appends to `to`.
    void decode(std::string_view piece, std::string& to);
    void finish(std::string& to);

private:
    struct Converter;
    std::unique_ptr<Converter> converter_;
};

} // namespace posthouse::mail
