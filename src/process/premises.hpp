// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "base/unique_fd.hpp"
#include "config/config.hpp"
#include "process/source_files.hpp"
#include "process/start_up.hpp"

#include <expected>
#include <map>
#include <string>
#include <vector>

/// What has to be there before a process starts: a right configuration, its files, the data
/// directory, the sockets. Each thing that can be wrong is one sentence and an exit code.
namespace posthouse::process {

struct Obstacle {
    Exit code = Exit::failure;
    std::vector<std::string> sentences;
};

/// The configuration, and what it names, read.
struct Documents {
    std::string text;
    config::Config config;
    std::vector<std::string> dns_servers;
    std::string backup_recipients = {}, notification_template = {};
    std::map<std::string, Secret> secrets = {}; // passwords of logins, by their files
    std::string token_keys = {};                // of [login.oauth]
    SourceFiles sources = {};                   // the envoys'
};
std::expected<Documents, Obstacle> read_documents(const std::string& config_path);

/// By where they are: "192.0.2.1:25", "unix:/run/posthouse/lmtp".
using Sockets = std::map<std::string, UniqueFd>;
/// Adds what is missing, removes what is no longer wanted; unchanged on an error. That there is no
/// socket for the sendmail command is none: the command has the drop.
std::expected<void, Obstacle> bind_listeners(const config::Config&, Sockets&);

struct Premises {
    Documents documents;
    std::map<Role, Identity> identities; // empty unless started as root
    UniqueFd pid_file;                   // locked
    UniqueFd control_socket;
    Sockets sockets;
};
/// `salvage`: with a store whose log is damaged, go on with what can be read.
enum class Salvage : std::uint8_t { no, yes };
std::expected<Premises, Obstacle> prepare_premises(const std::string& config_path);

std::string control_socket_path(const std::string& data_dir);
std::string pid_file_path(const std::string& data_dir);

/// To standard error; returns its code.
Exit report(const Obstacle&);

} // namespace posthouse::process
