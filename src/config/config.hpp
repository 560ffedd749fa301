// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/log.hpp"
#include "mail/address.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// The configuration file as values. Member names are the file's key names; what each means, its
/// default and its range stand once, in config/keys.cpp, from which docs/configuration.md is made.
namespace posthouse::config {

/// Resolution of every duration in the file.
using Span = std::chrono::milliseconds;

/// An IP address (as text, without brackets) and a port: syntax checked, nothing looked up.
struct Endpoint {
    std::string address;
    std::uint16_t port = 0;

    bool is_ipv6() const { return address.contains(':'); }
    /// "192.0.2.1:25", "[2001:db8::1]:25".
    std::string text() const;
    auto operator<=>(const Endpoint&) const = default;
};

/// Mail for this domain is ours.
struct LocalDomain {
    std::optional<mail::Mailbox> catch_all;
    bool operator==(const LocalDomain&) const = default;
};

enum class TlsVersion : std::uint8_t { tls_1_2, tls_1_3 };

struct Tls {
    std::string certificate, key; // Absolute paths; both or none.
    TlsVersion minimum = TlsVersion::tls_1_2;

    bool configured() const { return !certificate.empty(); }
    bool operator==(const Tls&) const = default;
};

enum class Protocol : std::uint8_t { smtp, pop3 };
enum class ListenerTls : std::uint8_t { off, starttls, implicit };

struct Listener {
    Endpoint address;
    Protocol protocol = Protocol::smtp;
    ListenerTls tls = ListenerTls::off; // Default: starttls where [tls] is there.
    bool plaintext_auth = false;        // POP3: take passwords without TLS.
    bool operator==(const Listener&) const = default;
};

struct Dns {
    std::vector<Endpoint> servers;           // Empty: the system's (resolv.conf).
    Span timeout = std::chrono::seconds(10); // For one question, with all its retries.
    bool dnssec = true;
    bool operator==(const Dns&) const = default;
};

struct Limits {
    std::uint64_t message_bytes = 50 << 20; // RFC 5321 §4.5.3.1.7: 64K or more
    std::uint64_t header_bytes = 256 << 10;
    std::uint64_t line_bytes = 64 << 10; // One line of a letter. RFC 5321 §4.5.3.1.6: 1000 or more
    std::uint64_t command_line = 2048;   // RFC 5321 §4.5.3.1.4: 512 or more
    std::size_t recipients = 1000;       // Per letter. RFC 5321 §4.5.3.1.8: 100 or more
    std::size_t hops = 50;               // Received: fields
    std::size_t sessions = 10'000;       // Of all clients, per gate
    std::size_t sessions_per_client = 100;
    std::size_t errors = 10;                        // Per session; then the peer is sent away.
    std::size_t junk_commands = 100;                // NOOP, RSET, … without a letter between them
    Span command_timeout = std::chrono::minutes(5); // RFC 5321 §4.5.3.2.7
    std::uint64_t data_bytes_per_second = 1024;     // A slower peer is cut off.
    bool operator==(const Limits&) const = default;
};

/// When a delivery that was deferred is tried again: after `retry_first`, then each time
/// `retry_factor` later, never more than `retry_maximum` apart, for `lifetime` in all.
struct Queue {
    Span retry_first = std::chrono::minutes(5);
    double retry_factor = 2.0;
    Span retry_maximum = std::chrono::hours(4);
    Span lifetime = std::chrono::days(5); // RFC 5321 §4.5.4.1
    std::size_t concurrency = 200;        // Attempts at one time, in all.
    std::size_t concurrency_per_site = 20;
    Span connection_reuse =
        std::chrono::seconds(5); // How long an idle connection is kept for the next letter.
    bool operator==(const Queue&) const = default;
};

enum class BareNewline : std::uint8_t { refuse, repair };

struct Smtp {
    BareNewline bare_newline = BareNewline::refuse;
    /// Clients that may send to anyone: "192.0.2.0/24", "2001:db8::/32", or one address.
    std::vector<std::string> trusted_networks = {"127.0.0.0/8", "::1"};
    /// Domains whose mail anyone may hand us although it is not ours (as their backup MX).
    std::vector<mail::Domain> relay_domains = {};
    bool operator==(const Smtp&) const = default;
};

enum class OutboundTls : std::uint8_t { opportunistic, required, off };

/// Where all mail for others goes.
struct SmartHost {
    enum class Kind : std::uint8_t {
        domain,  // relay.example: by its MX hosts
        host,    // [relay.example]: its own addresses, no MX lookup
        address, // [192.0.2.1]: nothing is looked up
    };
    Kind kind = Kind::domain;
    std::string name; // Without brackets: a domain name in lower case, or an IP address.
    std::uint16_t port = 25;
    bool operator==(const SmartHost&) const = default;
};

struct Outbound {
    std::uint16_t port = 25;
    std::optional<SmartHost> smart_host;
    OutboundTls tls = OutboundTls::opportunistic;
    std::optional<std::string> source_ipv4, source_ipv6;
    bool hold = false; // Whatever is accepted is held until it is released.
    bool operator==(const Outbound&) const = default;
};

/// The users the roles run as, where the server is started as root.
struct Users {
    std::string gate = "posthouse-gate";
    std::string keeper = "posthouse";
    std::string sorter = "posthouse-sort";
    std::string courier = "posthouse-courier";
    std::string resolver = "posthouse-dns";
    std::string clerk = "posthouse-clerk";
    bool operator==(const Users&) const = default;
};

struct Process {
    Users users;
    std::size_t gate_threads = 0; // 0: as many as there are cores.
    std::size_t sorter_workers = 2;
    std::size_t drain_seconds = 30; // How long a stopping server lets work under way end.
    bool operator==(const Process&) const = default;
};

struct Config {
    mail::Domain hostname;
    std::string data_dir = "/var/lib/posthouse";
    log::Level log_level = log::Level::info;
    std::map<mail::Domain, LocalDomain> domains = {};
    Tls tls = {};
    std::vector<Listener> listen = {};
    Dns dns = {};
    Limits limits = {};
    Queue queue = {};
    Smtp smtp = {};
    Outbound outbound = {};
    Process process = {};
    bool operator==(const Config&) const = default;
};

} // namespace posthouse::config
