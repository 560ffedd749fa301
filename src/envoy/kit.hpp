// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/start_up.hpp"
#include "sources/backend.hpp"
#include "sources/passwd_file.hpp"
#include "sources/service.hpp"

#include <expected>
#include <memory>
#include <string>
#include <vector>

/// What a source's kind comes to.
namespace posthouse::envoy {

/// Of the source that this process is for: "envoy/staff" -> staff. Null: there
/// is none.
const config::LoginSource* source_of(std::string_view member, const config::Config&);

struct Kit {
    std::vector<std::unique_ptr<sources::Worker>> workers; // one a thread
    sources::Service::Limits limits;
    /// Of a passwd-file.
    std::shared_ptr<sources::PasswdBackend::Shelf> shelf;

    // What it must be able to reach, once it is confined:
    std::vector<std::uint16_t> connect_ports;
    process::Reach reach = process::Reach::listed_ports;
    std::vector<std::string> readable_files;
};

/// Clears the environment, which could tell libraries more than the
/// configuration does, and lets them open what they will need. Single-threaded.
void prepare_libraries(const config::LoginSource&);
void prepare_libraries();

/// The error is a sentence.
std::expected<Kit, std::string> make_kit(const config::LoginSource&, const process::Settings&);
/// Of who has the keytab. Single-threaded, before it is confined.
std::expected<Kit, std::string> make_kerberos_kit(const process::Settings&);
/// Of who asks the issuer of tokens.
std::expected<Kit, std::string> make_issuer_kit(const process::Settings&);

/// Puts the text of a passwd-file on the shelf, and what is wrong with it into
/// the log.
void put_passwd_file(const Kit&, const config::LoginSource&, const std::string& text);

} // namespace posthouse::envoy
