// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "config/config.hpp"
#include "net/tls.hpp"
#include "smtp/client_config.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace posthouse::courier {

/// What hosts, the keeper or the resolver can make grow.
struct Limits {
    // Of one attempt. RFC 5321 §5.1: at least two addresses are to be tried.
    static constexpr std::size_t hosts = 5;
    static constexpr std::size_t addresses = 10;
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
};

/// What the configuration means for connections. Never changes; a new configuration is a new one.
struct Policy {
    std::shared_ptr<const smtp::ClientConfig> normal;
    std::shared_ptr<const smtp::ClientConfig> in_clear; // for a host whose TLS does not work
    std::shared_ptr<net::TlsContext> tls;
    std::uint16_t port = 25;
    std::optional<boost::asio::ip::address> source_v4, source_v6;
    Duration connect = std::chrono::seconds(30);
    Duration reuse = std::chrono::seconds(5);
};

std::shared_ptr<const Policy> policy_of(const config::Config&, std::shared_ptr<net::TlsContext>);
/// The ports that are connected to.
std::vector<std::uint16_t> ports_of(const config::Config&);

} // namespace posthouse::courier
