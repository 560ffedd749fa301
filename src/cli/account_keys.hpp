// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "cli/commands.hpp"

#include <expected>
#include <string>
#include <vector>

/// What the command line makes of passwords before the server hears of them.
namespace posthouse::cli {

/// Random, for the SCRAM keys of an account that has none.
std::string new_salt();
/// The one that the account has, or else a new one.
std::expected<std::string, process::Exit> salt_of(Context&, const std::string& address);

/// SCRAM keys as text, of each kind; none where the password is none for SCRAM.
std::vector<std::string> scram_texts(const Secret& password, const std::string& salt);

} // namespace posthouse::cli
