// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/address.hpp"
#include "tables/image.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// (sender, recipient, facts about the session) -> deliveries or a refusal, without I/O. The same
/// code answers at RCPT, routes in the sorter and explains itself to the administrator, in one
/// order of rules that docs/routing.md tells.
namespace posthouse::routing {

// ---- what it goes by ------------------------------------------------------------------------

enum class Users : std::uint8_t {
    accounts, // the directory's
    system,   // logins of this host; delivered by the agent
};

struct LocalDomain {
    std::optional<mail::Mailbox> catch_all;
    Users users = Users::accounts;
};

struct Masquerade {
    std::optional<mail::Domain> as;
    std::vector<mail::Domain>
        domains; // that are hidden, with their subdomains; empty: the hostname only
    std::vector<mail::Domain> exceptions;
    std::vector<std::string> exposed_users; // local parts never rewritten: "root"
    bool envelope = true;
    bool recipients = false; // To: and Cc: too (allmasquerade)
    bool add_domain = true;  // always_add_domain: to header addresses without one
};

/// What the configuration says. A next hop is written as in tables::Mailer::esmtp.
struct Rules {
    mail::Domain hostname;
    std::map<mail::Domain, LocalDomain> domains = {};
    std::string separators = "+"; // any of these begins the detail; "": none does
    std::vector<std::string> next_hops =
        {}; // for all others' mail: a smart host and its fall-backs; empty: by MX
    std::vector<std::string> trusted_networks = {};
    std::vector<mail::Domain> relay_domains =
        {}; // exactly these; those of the table have subdomains too
    std::vector<mail::Domain> backup_domains = {}; // we are their backup MX
    bool open_relay = false;                       // i_want_an_open_relay
    std::vector<mail::Mailbox> copies = {};        // of every letter
    std::vector<std::string> verp_lists =
        {}; // aliases whose members get a sender of their own each
    std::vector<std::string> programs_allowed =
        {}; // absolute paths, or directories with a final slash
    Masquerade masquerade = {};
    std::size_t expansion_limit = 100'000; // deliveries of one letter
    std::size_t depth_limit = 20;          // of aliases, virtual addresses, … in a row
};

/// Compiled tables; null where there is none. Not owned.
struct Tables {
    const tables::Image* aliases = nullptr;
    const tables::Image* virtusers = nullptr;
    const tables::Image* mailers = nullptr;
    const tables::Image* access = nullptr;
    const tables::Image* generics = nullptr;
    const tables::Image* generics_domains = nullptr;
    const tables::Image* local_hosts = nullptr;
    const tables::Image* relay_domains = nullptr;
    const tables::Image* sender_relays = nullptr;
    const tables::Image* copies = nullptr;
};

/// Who exists. The caller looks up what the engine asks for (Outcome::unknown) and calls again.
struct Person {
    enum class Kind : std::uint8_t { account, login } kind = Kind::account;
    std::string name; // account: "user@domain" (mail::Mailbox::text(), lower case); login: "user"
    auto operator<=>(const Person&) const = default;
};
struct Standing {
    std::uint64_t account = 0; // Kind::account; 0: none
    bool exists = false;
};
class Directory {
public:
    virtual ~Directory() = default;
    /// nullptr: not known yet.
    virtual const Standing* find(const Person&) const = 0;
};

/// Who gave us the letter.
struct Client {
    std::string address; // "" : this host itself (the sendmail command)
    std::string name;    // verified by DNS, lower case; "": none
    std::string login;   // authenticated as; "": not
    bool local = false;  // by the sendmail command
};

// ---- what it answers ------------------------------------------------------------------------

/// Destinations are the scheduler's keys.
///   mailbox:                 the store's own mailboxes
///   smtp:example.org         the hosts that answer for that domain
///   via:[host]:port|host2    these next hops, in order
///   lmtp:[host]:port, lmtp:unix:/path
///   agent:                   this host's users: system mailbox, file, program
///   discard:                 nothing is done, and that is a delivery
constexpr std::string_view mailbox_destination = "mailbox:";
constexpr std::string_view agent_destination = "agent:";
constexpr std::string_view discard_destination = "discard:";
std::string smtp_destination(const mail::Domain&);
/// nullopt: not an smtp: destination.
std::optional<std::string> domain_of(std::string_view destination);
/// Of a well-formed destination of any of these kinds.
bool is_destination(std::string_view);

struct Delivery {
    std::size_t recipient = 0; // index into the question
    std::string final_address; // where the rules led; what a notification names
    std::string destination;   // "": refused, with status and text
    std::uint64_t account = 0; // mailbox:
    std::string user;   // agent: the login as whom; "": the alias owner (the agent's default user)
    std::string target; // agent: "mailbox", "file:/path", "program:args as written"
    std::optional<std::string> sender; // in place of the letter's: owner-list, VERP
    bool list = false; // behind an owner-: a list of its own (RFC 3461 §5.2.7.3), not a forwarding
    std::string
        rule; // what decided, behind what led there: "virtusertable:3, aliases:12, account",
              // "mailertable:7"; at most 255 bytes. "copy": a copy; "duplicate": all that the
              // recipient leads to is another's delivery already, and this one is discard:
    std::string status, text; // of a refusal: RFC 3463 code and words
    bool keep = false; // agent, "mailbox": without this user's .forward (an alias says \name)
    bool operator==(const Delivery&) const = default;
};

struct Question {
    mail::ReversePath sender;
    std::vector<std::string> recipients; // as accepted; mail::ForwardPath texts
    Client client;
    bool copies = true; // make the copies of Rules::copies and Tables::copies
};

struct Outcome {
    std::vector<Delivery> deliveries; // each recipient has at least one; duplicates are removed:
                                      // the same (final_address, destination, user, target) once.
                                      // Final addresses are mail::ForwardPath texts where the
                                      // recipients are
    std::vector<Person> unknown;      // not empty: look these up and ask again; deliveries is empty
    std::vector<std::string> steps;   // each rule that looked at it, for `explain`; only if asked
};

enum class Telling : std::uint8_t { brief, steps };

/// Total.
Outcome route(const Question&, const Rules&, const Tables&, const Directory&,
              Telling = Telling::brief);

/// May this recipient be accepted? What would be refused for a reason known now is refused now:
/// access rules, relaying, unknown users, alias loops, error: entries.
struct Verdict {
    enum class Kind : std::uint8_t { accept, refuse, discard, quarantine } kind = Kind::accept;
    unsigned code = 250;         // SMTP's
    std::string text;            // with its enhanced status code; quarantine: the reason
    std::string rule;            // what decided
    std::vector<Person> unknown; // not empty: look these up and ask again
    std::vector<std::string> steps;
};
Verdict check(const mail::ReversePath& sender, const mail::ForwardPath& recipient, const Client&,
              const Rules&, const Tables&, const Directory&, Telling = Telling::brief);

/// How what leaves this host is to be seen: genericstable and masquerading. nullopt: unchanged.
std::optional<mail::Mailbox> rewrite_sender(const mail::Mailbox&, const Rules&, const Tables&);

/// Is this letter ours to rewrite: from this host, an authenticated client or a trusted network?
bool is_from_here(const Client&, const Rules&);

/// `Postmaster` alone, and postmaster@ a domain of ours without such an account, are mail for
/// this address (RFC 5321 §4.5.1): postmaster@hostname.
mail::Mailbox postmaster_of(const mail::Domain& hostname);

/// False also where either text is no address.
bool in_network(std::string_view address, std::string_view network);

} // namespace posthouse::routing
