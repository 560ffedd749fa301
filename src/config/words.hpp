// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace posthouse::config {

/// What is wrong with the text of notifications.template_file, as "file:line: what"; nothing if it
/// can be used.
std::optional<std::string> trouble_with_words(const std::string& file, std::string_view text);

} // namespace posthouse::config
