// SPDX-License-Identifier: Apache-2.0
#include "config/keys.hpp"

#include <algorithm>
#include <array>

namespace posthouse::config {

namespace {

constexpr std::int64_t KiB = 1 << 10, MiB = 1 << 20, GiB = 1 << 30;
constexpr std::int64_t second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;

constexpr std::array table{
    Key{"hostname", Type::domain, "",
        "The name this server gives itself in greetings and `Received:` fields. Required; it "
        "should "
        "have an address record and that address a name."},
    Key{"data_dir", Type::path, "\"/var/lib/posthouse\"",
        "Where queue, mailboxes and accounts are kept. Only one server may use it."},
    Key{"log_level", Type::choice, "\"info\"", "Events below this level are not logged.", 0, 0,
        "debug info warning error"},

    Key{"domains.*.catch_all", Type::mailbox, "",
        "Mail for addresses of this domain that do not exist goes here, an address of a domain of "
        "ours. Without it, such mail is refused."},

    Key{"tls.certificate", Type::path, "",
        "File with the certificate and its intermediates, PEM. Needs `key`."},
    Key{"tls.key", Type::path, "", "File with the private key, PEM. Needs `certificate`."},
    Key{"tls.minimum", Type::choice, "\"1.2\"", "The oldest version of TLS that is spoken.", 0, 0,
        "1.2 1.3"},

    Key{"listen[].address", Type::endpoint, "",
        "Required in each `[[listen]]`: an IP address and a port."},
    Key{"listen[].protocol", Type::choice, "", "Required in each `[[listen]]`.", 0, 0,
        "smtp lmtp pop3"},
    Key{"listen[].tls", Type::choice, "",
        "`starttls`: on request; `implicit`: from the first byte; `off`. By default `starttls` "
        "where `[tls]` is there, otherwise `off`.",
        0, 0, "off starttls implicit"},
    Key{"listen[].plaintext_auth", Type::boolean, "false",
        "POP3 only: take passwords on connections without TLS too."},

    Key{"dns.servers", Type::endpoints, "[]",
        "The resolvers to ask, port 53 unless given. By default the system's (`resolv.conf`)."},
    Key{"dns.timeout", Type::duration, "\"10s\"",
        "How long one question may take, with all its retries.", 100, 5 * minute},
    Key{"dns.dnssec", Type::boolean, "true", "Validate signatures."},

    Key{"limits.message_bytes", Type::size, "\"50MiB\"",
        "The largest letter that is accepted, announced by SMTP's SIZE.", 64 * KiB, 2 * GiB},
    Key{"limits.header_bytes", Type::size, "\"256KiB\"", "The largest header of a letter.", 4 * KiB,
        16 * MiB},
    Key{"limits.line_bytes", Type::size, "\"64KiB\"", "The longest line of a letter.", 1000,
        16 * MiB},
    Key{"limits.command_line", Type::size, "2048", "The longest line of a command.", 512, 64 * KiB},
    Key{"limits.recipients", Type::integer, "1000", "Recipients of one letter.", 100, 1500},
    Key{"limits.hops", Type::integer, "50",
        "`Received:` fields; a letter with more is taken to run in a loop.", 10, 1000},
    Key{"limits.sessions", Type::integer, "10000", "Sessions of all clients at one time.", 1,
        1'000'000},
    Key{"limits.sessions_per_client", Type::integer, "100",
        "Sessions of one client address (of one /64 of IPv6) at one time.", 1, 1'000'000},
    Key{"limits.errors", Type::integer, "10", "Wrong commands in one session; then it is closed.",
        1, 10'000},
    Key{"limits.junk_commands", Type::integer, "100",
        "Commands that lead nowhere (NOOP, RSET, …) in one session; then it is closed.", 1,
        1'000'000},
    Key{"limits.command_timeout", Type::duration, "\"5m\"",
        "How long an SMTP client may take for a command.", second, hour},
    Key{"limits.data_bytes_per_second", Type::size, "1024",
        "A client that sends or takes letters more slowly is cut off.", 1, MiB},

    Key{"queue.retry_first", Type::duration, "\"5m\"",
        "How long after its first attempt a deferred delivery is tried again.", second, day},
    Key{"queue.retry_factor", Type::factor, "2.0", "By how much each next wait is longer.", 1000,
        10'000},
    Key{"queue.retry_maximum", Type::duration, "\"4h\"", "The longest wait between attempts.",
        second, 7 * day},
    Key{"queue.lifetime", Type::duration, "\"5d\"",
        "A letter not delivered by then goes back to its sender.", minute, 365 * day},
    Key{"queue.concurrency", Type::integer, "200", "Delivery attempts at one time, to all sites.",
        1, 20'000},
    Key{"queue.concurrency_per_site", Type::integer, "20",
        "Delivery attempts at one time to one site (a set of MX hosts).", 1, 1000},
    Key{"queue.connection_reuse", Type::duration, "\"5s\"",
        "How long an idle connection is kept for the next letter to its site. `\"0s\"`: not at "
        "all.",
        0, 10 * minute},

    Key{"smtp.bare_newline", Type::choice, "\"refuse\"",
        "What to do with a letter whose lines end in LF without CR: `refuse` it, or `repair` its "
        "lines. Neither ever takes such a line end for the end of the letter.",
        0, 0, "refuse repair"},

    Key{"smtp.trusted_networks", Type::networks, "[\"127.0.0.0/8\", \"::1\"]",
        "Clients that may send mail for others. Nobody else may, but for `relay_domains`."},
    Key{"smtp.relay_domains", Type::domains, "[]",
        "Domains that are not ours and whose mail is taken from anyone: we are their backup MX."},

    Key{"outbound.port", Type::integer, "25", "The port of other servers.", 1, 65535},
    Key{"outbound.smart_host", Type::smart_host, "",
        "All mail for others goes to this host. A name stands for its MX hosts, a name in brackets "
        "for its own addresses."},
    Key{"outbound.tls", Type::choice, "\"opportunistic\"",
        "`opportunistic`: whenever the other server offers it; `required`: or not at all; `off`.",
        0, 0, "opportunistic required off"},
    Key{"outbound.source_ipv4", Type::ip_address, "", "The IPv4 address to connect from."},
    Key{"outbound.source_ipv6", Type::ip_address, "", "The IPv6 address to connect from."},
    Key{"outbound.hold", Type::boolean, "false",
        "Hold whatever is accepted until `posthouse queue release`."},

    Key{"process.users.gate", Type::user, "\"posthouse-gate\"",
        "The user that speaks with clients. (Users count only where the server is started by "
        "root.)"},
    Key{"process.users.keeper", Type::user, "\"posthouse\"", "The user that owns `data_dir`."},
    Key{"process.users.sorter", Type::user, "\"posthouse-sort\"", "The user that reads letters."},
    Key{"process.users.courier", Type::user, "\"posthouse-courier\"",
        "The user that connects to other servers."},
    Key{"process.users.resolver", Type::user, "\"posthouse-dns\"", "The user that asks the DNS."},
    Key{"process.users.clerk", Type::user, "\"posthouse-clerk\"",
        "The user that checks passwords."},
    Key{"process.gate_threads", Type::integer, "0",
        "Threads of each process that serves clients; 0: one for each core.", 0, 256},
    Key{"process.sorter_workers", Type::integer, "2", "Processes that read letters.", 1, 256},
    Key{"process.drain_seconds", Type::integer, "30",
        "How many seconds a stopping server lets sessions and deliveries under way end.", 0, 3600},
};

} // namespace

std::span<const Key> keys()
{
    return table;
}

const Key* find_key(std::string_view path)
{
    const auto found = std::ranges::find(table, path, &Key::path);
    return found == table.end() ? nullptr : &*found;
}

} // namespace posthouse::config
