// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "sasl/scram_keys.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::directory {

/// A password for one program: made by us, shown once, and taken back by itself.
struct AppPassword {
    std::uint64_t id = 0;
    std::string name;
    std::vector<std::string> protocols = {}; // Empty: all.
    std::string digest;                      // directory/app_password.hpp
    Timestamp created = {};
    std::vector<sasl::ScramKeys> scram = {}; // With the account's salt
    bool operator==(const AppPassword&) const = default;
};

/// What a login is checked against, besides the password's verifier.
struct Credentials {
    /// What one account may have.
    struct Limits {
        static constexpr std::size_t app_passwords = 50;
        static constexpr std::size_t name_bytes = 64;
        static constexpr std::size_t totp_bytes = 64;
    };

    /// Of all its SCRAM keys, so that a client may come with any of its passwords: the salt is
    /// said before the client shows which.
    std::string salt = {};
    std::vector<sasl::ScramKeys> scram = {}; // Of the password
    std::vector<AppPassword> app_passwords = {};
    std::string totp = {};                            // directory/totp.hpp; empty: none
    std::vector<std::string> disabled_protocols = {}; // imap, pop3, submission
    bool operator==(const Credentials&) const = default;
};

/// "imap", "pop3", "submission": what credentials are told apart by.
bool is_login_protocol(std::string_view);

/// What is kept of a password.
struct NewPassword {
    std::string verifier; // directory/password.hpp
    std::string salt = {};
    std::vector<sasl::ScramKeys> scram = {};
};

} // namespace posthouse::directory
