// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tables/image.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The formats of the classic tables, as their text is read and what its keys and items become.
///
/// Keys and address texts are in lower case where they do not tell cases apart; domains are in
/// lower case without a final dot. A line that cannot be read is a Problem with its file, number
/// and what is wrong, and never part of the image. Control characters and NUL are problems in
/// every table.
namespace posthouse::tables {

/// Which table it is. The number is kept in images.
enum class Table : std::uint8_t {
    aliases = 1,
    virtusers = 2, // virtusertable
    mailers = 3,   // mailertable
    access = 4,
    generics = 5,      // genericstable
    local_hosts = 6,   // local-host-names
    relay_domains = 7, // relay-domains
    sender_relays = 8, // sender-dependent relay: address, @domain or domain -> next hop
    generics_domains = 9,
    callers = 10, // trusted-users: login names
    copies = 11,  // always_bcc by address: "sender:a@b", "recipient:@b" -> addresses
};
std::string_view name_of(Table);

/// What an alias, an :include: list or a .forward leads to. Texts:
enum class Target : std::uint8_t {
    address = 1, // "user@domain": an RFC 5321 mailbox as Mailbox::text() writes it
    local = 2,   // "name": an address without a domain, case kept
    keep = 3,    // "\name", or an alias that names itself: this user's own mailbox, no further
                 // expansion
    file = 4,    // "/absolute/file"
    program = 5, // what stood behind |, whole: "program args"
    error = 6,   // ":error:" forms: "5.1.1 550 text", "" for the default
};

/// virtusertable. Keys: "user@domain", "user+detail@domain", "@domain", and sendmail's wildcards as
/// they are written: "user+*@domain" (any detail), "user++@domain" (not an empty one), "+*@domain",
/// "++@domain". One item:
enum class Virtual : std::uint8_t {
    address = 1, // with %1 %2 %3 as written; "user@domain" or a local name
    error = 2,   // error:5.1.1:550 text -> "5.1.1 550 text"
    nouser = 3,  // error:nouser text -> the text, without its code where it has one
    keep = 4,    // "!": the address is what it says, look no further
};

/// mailertable. Keys: "domain", ".domain", "." for all. One item per host (fall-backs):
enum class Mailer : std::uint8_t {
    esmtp = 1, // next hop: "host" (its MX hosts), "[host]", "[192.0.2.1]", each with ":port" behind
               // where given
    relay = 2, // the same, as sendmail's relay:
    local = 3, // a local user, or "" for the recipient's own local part
    lmtp = 4,  // "unix:/path" or "[host]:port"
    error = 5, // "5.1.1 550 text"
    discard = 6, // ""
};

/// access. Keys: an optional tag in lower case ("connect:", "from:", "to:", "spam:") and
/// "user@domain", "user@", "domain", "192.0.2.1", "2001:db8::1", or a prefix in CIDR spelling,
/// whether it was written "192.0.2", "192.0.2.0/24", "IPv6:2001:db8" or "2001:db8::/32";
/// "localhost" as it is. One item:
enum class Access : std::uint8_t {
    ok = 1,
    relay = 2,
    reject = 3,
    discard = 4,
    skip = 5,
    quarantine = 6, // text: the reason
    error = 7, // "5.7.1 550 text", from ERROR:5.7.1:550 text, ERROR:"550 text" or a bare "550 text"
};

/// For tables without kinds of their own. generics: one address or local name, with %1 as written;
/// sender_relays: a next hop each, as Mailer::esmtp has it; copies: an address each; class files:
/// the key itself. relay_domains has networks among its keys as access has.
inline constexpr std::uint8_t plain_item = 0;

struct Limits {
    static constexpr std::size_t file_bytes = 64 << 20;
    static constexpr std::size_t line_bytes = 1 << 20; // with its continuation lines
    static constexpr std::size_t entries = 4'000'000;
    static constexpr std::size_t items = 1'000'000; // of one entry
    static constexpr std::size_t image_bytes = 512 << 20;
    static constexpr std::size_t problems = 1'000; // that are told; more are counted
    static constexpr std::size_t include_depth = 10;
};

struct Problem {
    std::string file;
    std::uint32_t line = 0; // 0: the file as a whole
    std::string what;       // "unknown action REJCET: OK, RELAY, REJECT, … would be right"
    enum class Weight : std::uint8_t {
        skipped,
        note
    } weight = Weight::skipped; // note: a duplicate, an alias loop …
    bool operator==(const Problem&) const = default;
};

struct Source {
    std::string name; // as it is to be told: a path
    std::string text;
};

struct Compiled {
    std::string image;
    std::vector<Problem> problems;
    std::size_t untold = 0; // problems beyond Limits::problems
    std::size_t entries = 0;
};

/// An :include:d file's text; nothing where it cannot be had (which is a problem of the line).
using Includer = std::function<std::optional<std::string>(const std::string& path)>;

/// Total: whatever the texts hold, there is an image of what could be read. Several sources are one
/// table; the first of duplicate keys counts.
/// Aliases: keys are local names ("name", lower case) or "name@domain"; items are in the order
/// written, with :include: lists read in place (for one that cannot be had there is an item
/// Target::error with a 4xx code); loops among aliases are found here and their entries get the
/// single item Target::error "5.4.6 554 Alias loop: a, b, a".
Compiled compile(Table, std::span<const Source>, const Includer& = {});

/// The same grammar as the right side of an alias, over lines: a user's .forward or an :include:
/// file. Nothing but the targets and what was wrong.
struct Targets {
    struct One {
        Target kind{};
        std::string text;
        std::uint32_t line = 0;
        bool operator==(const One&) const = default;
    };
    std::vector<One> targets;
    std::vector<Problem> problems;
};
Targets parse_targets(std::string_view text, std::string_view file);

/// "program 'quoted arg' plain" into an argument vector, without any shell: whitespace splits,
/// single and double quotes and backslash quote. nullopt: unbalanced, empty, or with control
/// characters.
std::optional<std::vector<std::string>> split_arguments(std::string_view);

} // namespace posthouse::tables
