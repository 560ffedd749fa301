// SPDX-License-Identifier: Apache-2.0
#include "cli/moving_words.hpp"

#include <algorithm>

namespace posthouse::cli {

bool is_chosen(const std::vector<std::string>& chosen, const std::string& mailbox)
{
    return chosen.empty() || std::ranges::any_of(chosen, [&](const auto& wanted) {
               return mailbox == wanted || mailbox.starts_with(wanted + "/");
           });
}

void add_error(boost::json::object& result, process::Exit code, const std::string& sentence)
{
    result["error"] = sentence;
    result["exit_code"] = static_cast<int>(code);
}

} // namespace posthouse::cli
