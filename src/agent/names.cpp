// SPDX-License-Identifier: Apache-2.0
#include "agent/names.hpp"

#include "agent/limits.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace posthouse::agent {

bool is_plain_login(std::string_view name)
{
    return !name.empty() && name.size() <= Limits::name_bytes && name.front() != '-' &&
           name.front() != '.' && std::ranges::all_of(name, [](char c) {
               return is_alpha(c) || is_digit(c) || std::string_view("._-+$").contains(c);
           });
}

} // namespace posthouse::agent
