// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/mime_parameters.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The parts of a letter: RFC 2045, RFC 2046, and what real letters make of them (docs/mime.md).
namespace posthouse::mail {

struct ByteRange {
    std::uint64_t offset = 0; ///< in the letter
    std::uint64_t length = 0;

    std::uint64_t end() const { return offset + length; }
    /// Its bytes; those beyond the letter's end are none.
    std::string_view of(std::string_view letter) const;
    auto operator<=>(const ByteRange&) const = default;
};

enum class TransferEncoding : std::uint8_t {
    seven_bit, ///< 7bit, and where nothing is said
    eight_bit,
    binary,
    quoted_printable,
    base64,
    uuencode, ///< x-uuencode, x-uue, uuencode
    unknown,
};

/// One part: a header and the body behind it. The letter itself is one, and so is the letter in a
/// message/rfc822 part: that part's only child.
struct MimePart {
    enum class Kind : std::uint8_t {
        leaf,
        multipart, ///< Its children stand between boundaries. It may have none.
        message,   ///< message/rfc822 or message/global; its only child is the letter in it.
    };
    Kind kind = Kind::leaf;
    std::uint32_t depth = 0;
    std::uint32_t parent = 0; ///< Its index; the letter's own is 0.
    std::uint32_t end = 0;    ///< The index behind its last descendant.

    ByteRange header;        ///< The fields, and the blank line if there is one.
    ByteRange body;          ///< Begins where the header ends.
    std::uint64_t lines = 0; ///< Line feeds in the body.

    /// Lower case. What was not said, or makes no sense, is text/plain, and message/rfc822 in a
    /// digest. A part that a budget kept closed is application/octet-stream.
    std::string type, subtype;
    ParameterList parameters;
    TransferEncoding encoding = TransferEncoding::seven_bit;
    /// These as they stand in the letter, on one line; empty where there is no such field.
    std::string transfer_encoding, content_id, description, md5, location;
    std::string disposition; ///< Lower case: "inline", "attachment"; empty.
    ParameterList disposition_parameters;
    std::vector<std::string> languages;
    bool closed = false; ///< Not looked into, because a budget was spent.

    bool is(std::string_view wanted) const { return type == wanted; }
    bool is(std::string_view wanted, std::string_view wanted_subtype) const
    {
        return type == wanted && subtype == wanted_subtype;
    }
};

struct MimeLimits {
    std::size_t depth = 50; ///< Of parts in parts; the letter has depth 0.
    std::size_t parts = 500;
    std::size_t header_bytes = 1 << 20; ///< Of one part; what is behind counts as its body.
    std::size_t fields = 4096;          ///< Of one part.
    std::size_t all_header_bytes = 8 << 20;
    std::size_t languages = 16;
    std::size_t value_bytes = 4096; ///< Of one field's text: what is behind is cut off.
    ParameterLimits parameters = {};
};

/// All parts in the order in which they begin: the letter first. A part's descendants follow it up
/// to its `end`; its first child is the next one, and the next child is at `end` of the one before.
struct MimeTree {
    std::vector<MimePart> parts; ///< Never empty.
    bool truncated = false;      ///< A limit was met: something was not looked into.

    /// The indexes of a part's children.
    std::vector<std::size_t> children(std::size_t part) const;
};

/// Total: every text is a letter. Takes linear time, and no memory that grows with bodies.
MimeTree parse_mime(std::string_view letter, const MimeLimits& = {});

/// A leaf's content without its transfer encoding; at most `most` bytes. What is broken is passed
/// over, as decoders must (RFC 2045 §6.7, §6.8).
std::string decoded_body(const MimePart&, std::string_view letter, std::size_t most);

/// What a part's file is to be called, as UTF-8 on one line: from Content-Disposition or, as old
/// programs write it, from Content-Type; empty if neither says.
std::string file_name(const MimePart&);

} // namespace posthouse::mail
