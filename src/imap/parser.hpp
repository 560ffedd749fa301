// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/command.hpp"
#include "imap/mailbox_name.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

/// From a command's text to the command. Strict where laxness could be misread; what well-known
/// clients get wrong (more spaces than one, lower case, names that needed quotes) is let through.
namespace posthouse::imap {

struct ParserLimits {
    std::size_t set_ranges = 50'000; ///< Of one message set.
    std::size_t search_keys = 2'000; ///< Of one program, all levels together.
    std::size_t search_depth = 100;  ///< Keys in keys; ORs in a row count as one.
    std::size_t list_items = 1'000;  ///< Of any other list: flags, patterns, FETCH items, …
    std::size_t part_depth = 100;    ///< Numbers of one section's part.
    std::size_t append_messages = 1'000;
};

/// Why a command is not carried out.
struct Refusal {
    enum class How : std::uint8_t { bad, no };
    How how = How::bad;
    std::string code; ///< A response code without its brackets; or empty.
    std::string text;
    bool operator==(const Refusal&) const = default;
};

/// A refused command; the tag is "*" where none could be made out.
struct RefusedCommand {
    std::string tag;
    Refusal why;
};

struct ParserSettings {
    NameForm names = NameForm::modified_utf7;
    ParserLimits limits;
};

/// `text` is a command without its last line end, with the literals that Framer collected in their
/// places ("{3}\r\nabc"); of APPEND and REPLACE, what stands before the first message's bytes
/// ("… {310}").
std::expected<Command, RefusedCommand> parse_command(std::string_view text, const ParserSettings&);

/// The tag of whatever text; "*" if it has none.
std::string_view tag_of(std::string_view text);

/// Reads on behind a literal of APPEND or REPLACE. `text`: what stands between a literal's end and
/// the next one's bytes (" TEXT {42}"), or the command's end (")"); `place`: from the command, and
/// brought forward. Where it is done then, the last step is EndMessage.
std::expected<std::vector<append::Step>, Refusal>
read_append(std::string_view text, AppendPlace& place, const ParserSettings&);

} // namespace posthouse::imap
