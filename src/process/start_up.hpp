// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "config/config.hpp"
#include "net/tls_server.hpp"
#include "process/control.hpp"
#include "process/sandbox.hpp"
#include "tables/formats.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::process {

/// Exit codes, as sysexits.h numbers them; docs/operations.md lists them.
enum class Exit : int {
    ok = 0,
    failure = 1,
    usage = 64,
    unavailable = 69, // a port is in use
    software = 70,
    os_error = 71,
    cannot_create = 73, // a directory that cannot be written
    io_error = 74,      // the disk is full, the store is damaged
    temporary = 75,     // another server has the store
    no_permission = 77,
    config = 78,
};

/// The configuration as a role sees it.
struct Settings {
    std::uint64_t generation = 0;
    config::Config config;
    std::vector<std::string> dns_servers;
    bool salvage = false; // open a damaged store with what can be read
    /// The keeper's: texts of the files that the configuration names.
    std::string backup_recipients = {}, notification_template = {};
    /// The clerk's: public keys of an issuer of tokens.
    std::string token_keys = {};
    /// The courier's, an envoy's: passwords of logins, by the file that holds them.
    std::map<std::string, Secret> secrets = {};
    /// An envoy's: the text of its passwd-file.
    std::string passwd_file = {};
    Secret keytab = {};        // Kerberos' envoy's
    net::TlsMaterial tls = {}; // A gate's: certificates; empty where there are none.
};

struct Listening {
    wire::Listener what;
    UniqueFd socket;
};

/// One of the tables there are now, in a sealed memory file: tables/mapped.hpp maps it, once the
/// role is confined or before.
struct TableImage {
    tables::Table table;
    UniqueFd file;
};

struct LinkEnd {
    std::string peer;
    std::uint32_t index = 0;
    UniqueFd socket;
};

/// What the supervisor hands a role before it says Start.
struct StartUp {
    std::string name; // "keeper", "gate.mail", "sorter/1"
    std::shared_ptr<const Settings> settings;
    std::vector<Listening> listeners;
    std::vector<LinkEnd> links;
    std::optional<Identity> identity;
    ControlChannel control;
    std::vector<TableImage> tables = {}; // keeper's, sorter's
};

/// Waits for Start. nullopt: the supervisor went away before that.
std::optional<StartUp> receive_start_up(ControlChannel, std::string name);

/// What comes over the control channel later. Ends the process when the supervisor goes away.
class RoleControl {
public:
    struct Events {
        std::function<void(std::shared_ptr<const Settings>)> configured;
        std::function<void(LinkEnd)> linked;
        std::function<void(std::vector<Listening>)> listening;
        std::function<void()> drain;
        std::function<void(std::string member, bool crashed)> ended; // keeper
        std::function<void()> orphaned;                              // default: leave at once
        /// Keeper's, sorter's: all tables there are from now on.
        std::function<void(std::vector<TableImage>)> tables = nullptr;
        /// A gate's: what it asked for by connect(), connected or connecting; or why not.
        std::function<void(std::uint64_t id, UniqueFd, std::string error)> connected = nullptr;
        /// A gate's: a letter from the drop, and whose it is.
        std::function<void(std::uint64_t id, std::uint32_t user, UniqueFd)> collect = nullptr;
        /// The signer's: a KeyWord, and certificates and keys.
        std::function<void(const std::string&, std::vector<UniqueFd>)> keys = nullptr;
    };
    RoleControl(boost::asio::io_context&, ControlChannel, Events);

    void ready();
    /// False: the supervisor takes nothing at present.
    bool send(const wire::Control& message) const { return channel_.send(message); }
    /// Tells the supervisor why, and ends the process.
    [[noreturn]] void fail(Exit, std::string reason);

private:
    void wait();
    void take(ControlMessage);

    ControlChannel channel_;
    boost::asio::posix::stream_descriptor descriptor_;
    Events events_;
};

/// Leaves without running destructors or exit handlers: what a confined process does at its end.
[[noreturn]] void leave(Exit);
/// The same before a RoleControl exists.
[[noreturn]] void fail_start_up(const ControlChannel&, Exit, std::string reason);

/// A Configure message's files, parsed.
std::expected<Settings, std::string> settings_from(const ControlMessage&);

} // namespace posthouse::process
