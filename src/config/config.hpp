// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/log.hpp"
#include "config/mailboxes.hpp"
#include "config/logins.hpp"
#include "config/pop3.hpp"
#include "config/submit.hpp"
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

enum class DomainUsers : std::uint8_t {
    accounts, // the directory's own
    system,   // logins of this host; the agent delivers
};

/// Mail for this domain is ours.
struct LocalDomain {
    std::optional<mail::Mailbox> catch_all;
    DomainUsers users = DomainUsers::accounts;
    bool operator==(const LocalDomain&) const = default;
};

enum class TlsVersion : std::uint8_t { tls_1_2, tls_1_3 };

/// A certificate for clients that ask for one of these names (SNI, RFC 6066 §3).
struct TlsSite {
    std::vector<std::string> names; // "mail.example.org", "*.example.net"; lower case
    std::string certificate, key;   // Absolute paths.
    std::string ocsp_response = {}; // DER, RFC 6960; empty: none
    bool operator==(const TlsSite&) const = default;
};

struct Tls {
    std::string certificate, key; // Absolute paths; both or none.
    TlsVersion minimum = TlsVersion::tls_1_2;
    std::string ocsp_response = {};      // DER, RFC 6960; empty: none
    std::string client_authorities = {}; // Those that sign clients' certificates; empty: none
    std::vector<TlsSite> sites = {};     // [[tls.site]]
    Span ticket_rotation = std::chrono::hours(6);

    bool configured() const { return !certificate.empty(); }
    bool operator==(const Tls&) const = default;
};

enum class Protocol : std::uint8_t { smtp, lmtp, pop3, imap, submission };
enum class ListenerTls : std::uint8_t { off, starttls, implicit };

struct Listener {
    Endpoint address = {};              // Where it is not a Unix socket.
    std::string path = {};              // "unix:/path": the absolute path; empty for TCP.
    std::uint32_t mode = 0660;          // of a Unix socket's file
    std::string owner = {}, group = {}; // of a Unix socket's file; empty: as started
    /// Balancers (networks) whose connections begin with a PROXY header, which is then required.
    std::vector<std::string> proxy_from = {};
    Protocol protocol = Protocol::smtp;
    ListenerTls tls = ListenerTls::off; // Default: starttls where [tls] is there.
    bool plaintext_auth = false;        // POP3, IMAP, submission: take passwords without TLS.

    /// "192.0.2.1:25", "unix:/run/posthouse/lmtp".
    std::string text() const;
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
    Span lifetime = std::chrono::days(5);    // RFC 5321 §4.5.4.1
    Span warn_after = std::chrono::hours(4); // Then the sender is told of the delay; 0: never.
    Span notification_lifetime = std::chrono::days(5); // Of letters with the null sender.
    std::size_t concurrency = 200;                     // Attempts at one time, in all.
    std::size_t concurrency_per_site = 20;
    Span connection_reuse =
        std::chrono::seconds(5); // How long an idle connection is kept for the next letter.
    bool operator==(const Queue&) const = default;
};

enum class BareNewline : std::uint8_t { refuse, repair };

struct Smtp {
    bool client_names = true; // Look up clients' names (PTR, confirmed), for access and Received:.
    bool ident = false;       // RFC 1413: ask the client's host who is calling.
    Span ident_timeout = std::chrono::seconds(3);
    bool i_want_an_open_relay = false;
    /// Clients whose ETRN starts the queue for a domain, besides the trusted networks.
    std::vector<std::string> etrn_networks = {};
    BareNewline bare_newline = BareNewline::refuse;
    /// Clients that may send to anyone: "192.0.2.0/24", "2001:db8::/32", or one address.
    std::vector<std::string> trusted_networks = {"127.0.0.0/8", "::1"};
    /// Domains whose mail anyone may hand us although it is not ours.
    std::vector<mail::Domain> relay_domains = {};
    bool operator==(const Smtp&) const = default;
};

enum class OutboundTls : std::uint8_t {
    opportunistic,
    required, // TLS, with whatever certificate
    verified, // and the certificate is the host's, by an authority of the system's
    off,
    fingerprint, // TLS, and the certificate is one of `fingerprints`; of a Destination only
};

/// A place that takes mail for others.
struct NextHop {
    enum class Kind : std::uint8_t {
        domain,  // relay.example: by its MX hosts
        host,    // [relay.example]: its own addresses, no MX lookup
        address, // [192.0.2.1]: nothing is looked up
    };
    Kind kind = Kind::domain;
    std::string name;       // Without brackets: a domain name in lower case, or an IP address.
    std::uint16_t port = 0; // 0: outbound.port
    /// As it is written: "relay.example", "[192.0.2.1]:587".
    std::string text() const;
    bool operator==(const NextHop&) const = default;
};

/// How to log in at a next hop.
struct Login {
    std::string user;
    std::string password_file; // Absolute path; its first line is the password.
    bool operator==(const Login&) const = default;
};

/// What differs for one destination; what is not said is as for all.
struct Destination {
    std::string
        match; // "example.org", ".example.org" (subdomains), "*", "[host]", a next hop's name
    std::optional<OutboundTls> tls;
    std::vector<std::string>
        fingerprints; // SHA-256 of certificates, 64 hexadecimal digits, lower case
    std::optional<std::string> source_ipv4, source_ipv6;
    std::optional<std::uint16_t> port;
    std::optional<std::size_t> concurrency;
    std::optional<std::size_t> letters_per_minute; // 0: no limit
    std::optional<Span> retry_first, retry_maximum, lifetime, warn_after;
    std::optional<double> retry_factor;
    std::optional<Login> login;
    std::optional<std::size_t> recipients; // of one envelope
    bool operator==(const Destination&) const = default;
};

struct Outbound {
    std::uint16_t port = 25;
    std::vector<NextHop> smart_host; // Where all mail for others goes; in this order.
    std::optional<Login> smart_host_login;
    std::optional<NextHop> fallback_relay; // For what no host of its domain takes.
    OutboundTls tls = OutboundTls::opportunistic;
    std::optional<std::string> source_ipv4, source_ipv6;
    std::size_t recipients = 50; // of one envelope, at most
    bool hold = false;           // Whatever is accepted is held until it is released.
    bool operator==(const Outbound&) const = default;
};

/// Files in their classic formats; each list is one table. Empty: there is none.
struct Tables {
    std::vector<std::string> aliases, virtusertable, mailertable, access, genericstable,
        generics_domains, local_host_names, relay_domains, sender_relays, copies;
    bool operator==(const Tables&) const = default;
};

struct Routing {
    std::string separator = "+"; // Any of these characters begins the detail of user+detail.
    std::vector<mail::Mailbox> always_copy = {}; // Of every letter (always_bcc).
    std::vector<std::string> verp_lists =
        {}; // Aliases with an owner-: each member gets a sender of its own.
    std::size_t expansion_limit = 100'000; // Deliveries of one letter.
    bool operator==(const Routing&) const = default;
};

/// Outgoing senders in another domain.
struct Masquerade {
    std::optional<mail::Domain> as;
    std::vector<mail::Domain> domains = {}, exceptions = {};
    std::vector<std::string> exposed_users = {"root"};
    bool envelope = true;
    bool recipients = false;
    bool add_domain = true;
    bool operator==(const Masquerade&) const = default;
};

struct BackupMx {
    std::vector<mail::Domain> domains = {};
    enum class Verify : std::uint8_t {
        none,
        list,    // only recipients of `recipients`
        callout, // ask the primary
    } verify = Verify::none;
    std::vector<std::string> recipients = {}; // Files: an address or @domain a line.
    Span lifetime = std::chrono::days(14);
    Span retry_maximum = std::chrono::minutes(15); // Soon after it answers.
    bool operator==(const BackupMx&) const = default;
};

/// The agent: mailboxes of this host's users, files and programs.
struct LocalDelivery {
    enum class Format : std::uint8_t { mbox, maildir, program } format = Format::mbox;
    std::string mbox_directory = "/var/mail";
    std::string maildir = "Maildir"; // In the home; where format is maildir.
    std::string program = {};        // "/usr/bin/procmail -d %u": where format is program.
    bool forward = true;             // Read ~/.forward.
    std::vector<std::string> programs_allowed = {}; // Paths, or directories (smrsh): their files.
    Span program_timeout = std::chrono::minutes(5);
    std::uint64_t program_output = 64 << 10;
    std::uint64_t quota_bytes = 0;       // Of a mailbox; 0: none.
    std::string default_user = "nobody"; // As whom programs and files of aliases run.
    std::size_t concurrency = 20;
    bool operator==(const LocalDelivery&) const = default;
};

/// The sendmail command: letters from this host.
struct Submission {
    std::string socket = "/run/posthouse/submit"; // Empty: none.
    std::string drop =
        "/var/spool/posthouse/drop"; // Letters while the server is down; empty: none.
    std::vector<std::string> trusted_users = {"root"}; // May send as anyone (-f).
    bool operator==(const Submission&) const = default;
};

struct Notifications {
    enum class Language : std::uint8_t { english, chinese } language = Language::english;
    std::string template_file = {};          // In place of the language's own words.
    std::optional<mail::Mailbox> postmaster; // Told of double bounces; default: postmaster@hostname
    bool tell_postmaster = true;
    bool operator==(const Notifications&) const = default;
};

/// A mail filter that speaks the milter protocol.
struct Milter {
    std::string name;
    std::string path; // "unix:/path": the absolute path; or
    Endpoint address; // "inet:192.0.2.1:8891"
    enum class OnFailure : std::uint8_t {
        accept,
        tempfail,
        reject
    } on_failure = OnFailure::tempfail;
    Span connect_timeout = std::chrono::seconds(30);
    Span command_timeout = std::chrono::seconds(30);
    Span end_timeout = std::chrono::minutes(5); // After the letter's end.
    bool operator==(const Milter&) const = default;
};

/// The users the roles run as, where the server is started as root.
struct Users {
    std::string gate = "posthouse-gate";
    std::string keeper = "posthouse";
    std::string sorter = "posthouse-sort";
    std::string courier = "posthouse-courier";
    std::string resolver = "posthouse-dns";
    std::string clerk = "posthouse-clerk";
    std::string tables = "posthouse-sort"; // Compiles tables.
    std::string signer = "posthouse-sign";
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
    std::vector<Destination> destinations =
        {}; // [[destination]]; the first that matches best counts
    Tables tables = {};
    Routing routing = {};
    Masquerade masquerade = {};
    BackupMx backup_mx = {};
    LocalDelivery local_delivery = {};
    Submission submission = {};
    Submit submit = {};
    Pop3 pop3 = {};
    Notifications notifications = {};
    std::vector<Milter> milters = {}; // [[milter]], in order
    Logins logins = {};               // [login]
    Mailboxes mailboxes = {};
    Process process = {};
    bool operator==(const Config&) const = default;
};

} // namespace posthouse::config
