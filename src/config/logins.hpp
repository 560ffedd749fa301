// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/address.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// [login]: how users show who they are. Member names are the file's key names.
namespace posthouse::config {

using Span = std::chrono::milliseconds;

/// [[login.source]]: who knows users and passwords. The first that knows a user decides.
struct LoginSource {
    enum class Kind : std::uint8_t {
        accounts, // the directory's own
        passwd_file,
        pam,
        ldap,
        postgresql,
        mariadb,
    };
    std::string name; // For logs and accounts that came from it; never changes.
    Kind kind = Kind::accounts;
    std::vector<mail::Domain> domains = {}; // Whose users it is asked for; empty: all of ours.

    std::string path = {};                  // passwd_file
    std::string pam_service = "posthouse";  // pam
    std::string url = {};                   // ldap: ldap://host[:port], ldaps://…; one or several
    bool start_tls = true;                  // of ldap://
    std::string ca_file = {};               // ldap, postgresql, mariadb; empty: the system's
    std::string bind_dn = {};               // ldap: to search as; empty: anonymously
    std::string bind_password_file = {};    //
    std::string base_dn = {};               //
    std::string filter = "(mail=%u)";       // %u address, %n local part, %d domain
    std::string password_attribute = {};    // Compare with it; empty: bind as the user.
    std::string address_attribute = "mail"; //
    std::string alias_attribute = {};       // Further addresses of the user.
    std::string group_filter = {};          // Must find something: %u, %n, %d, %D the user's DN

    struct Connection {
        std::string host = "localhost"; // Or an absolute path: a Unix socket (or its directory).
        std::uint16_t port = 0;         // 0: the database's usual one
        std::string dbname = {};
        std::string user = {};
        std::string password_file = {}; // Absolute path; its first line is the password.
        bool operator==(const Connection&) const = default;
    } connection = {};              // postgresql, mariadb
    std::string login_query = {};   // One row: password hash[, address[, disabled]]
    std::string address_query = {}; // Does the address exist: rows of addresses, its own first
    Span cache = std::chrono::minutes(2); // How long an answer is remembered; 0: not at all.
    bool operator==(const LoginSource&) const = default;
};

/// [login.oauth]: bearer tokens (RFC 7628) of one issuer.
struct OAuth {
    std::string issuer = {};                 // `iss` must be this; empty: no tokens are taken
    std::vector<std::string> audiences = {}; // `aud` must have one of these
    std::string user_claim = "email";        // Whose value is the account's address
    std::vector<std::string> scopes = {};    // All of these must be granted
    std::string keys_file = {};              // A JWKS (RFC 7517) or PEM public keys
    std::string introspection_url = {};      // RFC 7662: https://…; where there are no keys
    std::string introspection_client = {};
    std::string introspection_secret_file = {};
    std::string ca_file = {};               // Of introspection; empty: the system's
    std::string discovery_url = {};         // Told to clients whose token is not taken
    Span leeway = std::chrono::seconds(30); // Between the clocks
    bool configured() const { return !issuer.empty() || !introspection_url.empty(); }
    bool operator==(const OAuth&) const = default;
};

struct Logins {
    /// Completes user names without a domain.
    std::optional<mail::Domain> default_domain = {};
    /// What is offered, where it can be: config/mechanisms.hpp.
    std::vector<std::string> mechanisms = {
        "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN",
        "EXTERNAL",           "OAUTHBEARER",      "XOAUTH2",       "GSSAPI"};
    Span remember = std::chrono::minutes(5); // A success, in memory; 0: not at all
    std::size_t failures_per_client = 10;    // within `failure_window`; then it is turned away
    std::size_t failures_per_account = 30;   // The same, whoever tries
    Span failure_window = std::chrono::minutes(1);
    Span failure_delay = std::chrono::milliseconds(500); // Of the first; then twice as long each
    Span failure_delay_maximum = std::chrono::seconds(8);
    OAuth oauth = {};
    std::string keytab = {};               // GSSAPI: absolute path; empty: not offered
    std::string realm = {};                // GSSAPI: principals of others are no users; user@REALM
    std::vector<LoginSource> sources = {}; // [[login.source]]; empty: own accounts
    bool operator==(const Logins&) const = default;
};

} // namespace posthouse::config
