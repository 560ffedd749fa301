// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "base/time.hpp"
#include "config/config.hpp"
#include "courier/route.hpp"
#include "net/tls.hpp"
#include "smtp/client_config.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace posthouse::courier {

/// What hosts, the keeper or the resolver can make grow.
struct Limits {
    // Of one attempt. RFC 5321 §5.1: at least two addresses are to be tried.
    static constexpr std::size_t hops = 10;
    static constexpr std::size_t hosts = 5;      // of one hop
    static constexpr std::size_t addresses = 10; // of one hop
    static constexpr std::size_t addresses_in_all = 30;
    static constexpr std::size_t trace_lines = 50;
    /// Transactions in a row that end nothing, on new connections.
    static constexpr std::size_t idle_rounds = 3;

    static constexpr std::size_t idle_connections = 100;
    static constexpr std::size_t leaving_connections = 500;  // waiting for the reply to QUIT
    static constexpr std::uint64_t letters = 100;            // over one connection
    static constexpr Duration age = std::chrono::minutes(5); // of a connection, for another letter

    static constexpr std::size_t remembered_domains = 1000;
    static constexpr Duration remember_domain = std::chrono::seconds(30);
    static constexpr std::size_t remembered_hosts = 1000; // whose TLS does not work
    static constexpr Duration remember_host = std::chrono::minutes(10);

    static constexpr std::uint32_t piece_bytes = 256 * 1024; // of a letter read from the keeper
    // A letter that a host takes only in another form is in memory whole, twice.
    static constexpr std::uint64_t converted_bytes = 32 << 20;
    static constexpr std::uint64_t converted_bytes_in_all = 128 << 20;
};

/// What a courier has that no configuration says, made before it confined itself.
struct Means {
    std::shared_ptr<net::TlsContext> tls;      // takes any certificate
    std::shared_ptr<net::TlsContext> verified; // null: this system knows no authorities
};

/// How one hop is to be met.
struct Terms {
    /// Two hops with this in common are met in the same way.
    std::string name;
    std::shared_ptr<const smtp::ClientConfig> normal;
    std::shared_ptr<const smtp::ClientConfig> in_clear; // for a host whose TLS does not work
    std::shared_ptr<net::TlsContext> tls;               // null: there can be none that is allowed
    std::vector<std::string> fingerprints;              // not empty: of the host's certificate
    std::uint16_t port = 25;
    std::optional<boost::asio::ip::address> source_v4, source_v6;
    std::string login; // the user, for the log
};

/// What the configuration means for connections. Never changes; a new configuration is a new one.
class Policy {
public:
    using Secrets = std::map<std::string, Secret>;

    Policy(const config::Config&, Means, Secrets);

    Terms terms_for(const Hop&, smtp::ClientProtocol) const;
    /// For what no host of its domain takes.
    const std::optional<Hop>& fallback() const { return fallback_; }

    Duration connect = std::chrono::seconds(30);
    Duration reuse = std::chrono::seconds(5);

private:
    config::Config config_;
    std::string hostname_; // as EHLO says it
    Means means_;
    Secrets secrets_;
    std::optional<Hop> fallback_;
};

/// Where a courier may connect to.
struct Reach {
    std::vector<std::uint16_t> ports;
    /// Next hops are in tables that a courier never sees: any port may be needed, and the Unix
    /// sockets of mail stores.
    bool tables = false;
    bool operator==(const Reach&) const = default;
};
Reach reach_of(const config::Config&);

} // namespace posthouse::courier
