// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sasl/dialogue.hpp"

namespace posthouse::sasl {

/// CheckPassword, if these can be a name and a password at all.
Step check_password(const std::string& user, Secret password, std::string_view as);

} // namespace posthouse::sasl
