// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Names of folders as files have them: modified UTF-7 (RFC 3501 §5.1.3) or UTF-8.
namespace posthouse::moving {

/// One level. Nothing: no mailbox can be called that.
std::optional<std::string> level_name(std::string_view text);
/// ".Work.2024", without its first point: Maildir++.
std::optional<std::string> dotted_name(std::string_view text);
/// "Work/2024": Dovecot's LAYOUT=fs, trees of mboxes.
std::optional<std::string> slashed_name(std::string_view text);
/// A level that is a separator for others or cannot be kept.
std::string maildir_name(std::string_view utf8_name); ///< ".Work.2024"; "" for INBOX
std::string file_name(std::string_view utf8_name);    ///< "Work/2024"

} // namespace posthouse::moving
