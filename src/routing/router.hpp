// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/address.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Recipient -> destination, without I/O. The same code answers at RCPT time, routes in the
/// sorter and explains itself to the administrator.
namespace posthouse::routing {

/// What a recipient is to this server; collected by whoever holds the directory.
struct Facts {
    bool local_domain = false;
    std::uint64_t account = 0;              // 0: none of that name
    std::optional<mail::Mailbox> catch_all; // of its domain
    std::uint64_t catch_all_account = 0;
};

/// Destinations are the scheduler's keys: "mailbox:" is the store's own mailboxes,
/// "smtp:example.org" the hosts that answer for that domain.
constexpr std::string_view mailbox_destination = "mailbox:";
std::string smtp_destination(const mail::Domain&);
/// nullopt: not an smtp: destination.
std::optional<std::string> domain_of(std::string_view destination);

struct Route {
    enum class Kind : std::uint8_t { mailbox, remote, refused };
    Kind kind = Kind::refused;
    std::string destination;   // Not for refused.
    std::string final_address; // Where the rules led.
    std::uint64_t account = 0; // Kind::mailbox
    std::string rule;          // What decided, for the trace: "account", "catch-all", "remote", …
    std::string status, text;  // Kind::refused: enhanced status code (RFC 3463) and words
    std::vector<std::string> steps; // Each rule that looked at it, for `explain`.
};

/// Total: every recipient has a route.
Route route(const mail::ForwardPath&, const Facts&, const mail::Domain& hostname);

/// `Postmaster` alone, and postmaster@ a domain of ours without such an account, are mail for
/// this address (RFC 5321 §4.5.1): postmaster@hostname.
mail::Mailbox postmaster_of(const mail::Domain& hostname);

// ---- relaying -------------------------------------------------------------------------------

struct RelayPolicy {
    std::vector<std::string> trusted_networks; // "192.0.2.0/24", "2001:db8::/32"
    std::vector<mail::Domain> relay_domains;
};
/// May this client hand us mail for others? Nobody may who is not in a trusted network, unless
/// the mail is for a domain that we are to relay for.
bool may_relay(const RelayPolicy&, std::string_view client_address, const mail::Domain& recipient);
/// False also where either text is no address.
bool in_network(std::string_view address, std::string_view network);

} // namespace posthouse::routing
