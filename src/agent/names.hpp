// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace posthouse::agent {

/// May this be a login: letters, digits and "._-+$", not first "-" or ".", at most
/// Limits::name_bytes? It then is also safe as a file's name and as an argument.
bool is_plain_login(std::string_view);

} // namespace posthouse::agent
