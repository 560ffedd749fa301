// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "config/config.hpp"
#include "process/house.hpp"

#include <expected>
#include <map>
#include <string>

namespace posthouse::process {

/// What outside sources of users ([[login.source]]), Kerberos and an issuer of tokens have in
/// files. The supervisor reads these and hands each envoy its own.
struct SourceFiles {
    std::map<std::string, std::string> passwd_files; // texts, by path
    std::map<std::string, Secret> secrets;           // first lines, by path
    Secret keytab;

    /// One envoy's share.
    struct Share {
        std::string passwd_file;
        Secret keytab;
        std::map<std::string, Secret> secrets;
        bool operator==(const Share&) const = default;
    };
    Share share_of(const Member&, const config::Config&) const;
};

/// The error is a sentence.
std::expected<SourceFiles, std::string> read_source_files(const config::Config&);

/// Null: that member is no envoy, or its source is there no more.
const config::LoginSource* source_of_envoy(const Member&, const config::Config&);

} // namespace posthouse::process
