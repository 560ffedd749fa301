// SPDX-License-Identifier: Apache-2.0
#include "config/key_parts.hpp"

#include <array>

namespace posthouse::config {

namespace {

constexpr std::array table{
    Key{"hostname", Type::domain, "",
        "The name this server gives itself in greetings and `Received:` fields. Required; it "
        "should "
        "have an address record and that address a name."},
    Key{"data_dir", Type::path, "\"/var/lib/posthouse\"",
        "Where queue, mailboxes and accounts are kept. Only one server may use it."},
    Key{"log_level", Type::choice, "\"info\"", "Events below this level are not logged.", 0, 0,
        "debug info warning error"},

    Key{"domains.*.users", Type::choice, "\"accounts\"",
        "Whose addresses these are: `accounts`, made with `posthouse user add`; or `system`, the "
        "users of this host, whose mail `[local_delivery]` delivers.",
        0, 0, "accounts system"},
    Key{"domains.*.catch_all", Type::mailbox, "",
        "Mail for addresses of this domain that do not exist goes here, an address of a domain of "
        "ours. Without it, such mail is refused."},

    Key{"listen[].address", Type::listen_address, "",
        "Required in each `[[listen]]`: an IP address and a port; for SMTP and LMTP also the "
        "absolute path of a Unix socket, as `unix:/run/posthouse/lmtp`."},
    Key{"listen[].protocol", Type::choice, "",
        "Required in each `[[listen]]`. `lmtp` takes mail for our own users only, from other "
        "servers of ours; `submission` takes the letters of our own users, who log in.",
        0, 0, "smtp lmtp pop3 imap submission"},
    Key{"listen[].tls", Type::choice, "",
        "`starttls`: on request; `implicit`: from the first byte; `off`. By default `starttls` "
        "where `[tls]` is there, otherwise `off`; always `off` on a Unix socket.",
        0, 0, "off starttls implicit"},
    Key{"listen[].plaintext_auth", Type::boolean, "false",
        "POP3, IMAP and submission: take passwords on connections without TLS too."},
    Key{"listen[].proxy_from", Type::networks, "[]",
        "Balancers: their connections must begin with a PROXY header (version 1 or 2), and whom it "
        "names is the client. From others such a header is an error."},
    Key{"listen[].mode", Type::mode, "\"0660\"",
        "The permissions of a Unix socket: three or four octal digits, as text."},
    Key{"listen[].owner", Type::user, "",
        "The user that owns a Unix socket. By default the user that starts the server."},
    Key{"listen[].group", Type::user, "",
        "The group of a Unix socket. By default that of the user that starts the server."},

    Key{"smtp.bare_newline", Type::choice, "\"refuse\"",
        "What to do with a letter whose lines end in LF without CR: `refuse` it, or `repair` its "
        "lines. Neither ever takes such a line end for the end of the letter.",
        0, 0, "refuse repair"},
    Key{"smtp.trusted_networks", Type::networks, "[\"127.0.0.0/8\", \"::1\"]",
        "Clients that may send mail for others. Nobody else may, but for `relay_domains` and what "
        "the access table says."},
    Key{"smtp.relay_domains", Type::domains, "[]",
        "Domains that are not ours and whose mail is taken from anyone."},
    Key{"smtp.i_want_an_open_relay", Type::boolean, "false",
        "Take mail for others from everyone. Without this, `trusted_networks` that hold everyone "
        "are an error. An open relay is found and used for spam within hours."},
    Key{"smtp.client_names", Type::boolean, "true",
        "Look up the names of clients (and their addresses again, to confirm them), for the access "
        "table and `Received:`."},
    Key{"smtp.ident", Type::boolean, "false",
        "Ask the client's host on port 113 who is calling (RFC 1413)."},
    Key{"smtp.ident_timeout", Type::duration, "\"3s\"", "How long that question may take.", 100,
        minute},
    Key{"smtp.etrn_networks", Type::networks, "[]",
        "Clients whose ETRN starts the queue of a domain, besides `trusted_networks`."},

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
};

} // namespace

std::span<const Key> server_keys()
{
    return table;
}

} // namespace posthouse::config
