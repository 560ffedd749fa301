// SPDX-License-Identifier: Apache-2.0
#include "config/key_parts.hpp"

#include <array>

namespace posthouse::config {

namespace {

constexpr std::array table{
    Key{"queue.retry_first", Type::duration, "\"5m\"",
        "How long after its first attempt a deferred delivery is tried again.", second, day},
    Key{"queue.retry_factor", Type::factor, "2.0", "By how much each next wait is longer.", 1000,
        10'000},
    Key{"queue.retry_maximum", Type::duration, "\"4h\"", "The longest wait between attempts.",
        second, 7 * day},
    Key{"queue.lifetime", Type::duration, "\"5d\"",
        "A letter not delivered by then goes back to its sender.", minute, 365 * day},
    Key{"queue.warn_after", Type::duration, "\"4h\"",
        "A letter not delivered by then: its sender is told that it is delayed. `\"0s\"`: never.",
        0, 30 * day},
    Key{"queue.notification_lifetime", Type::duration, "\"5d\"",
        "The lifetime of letters without a sender, which are notifications.", minute, 365 * day},
    Key{"queue.concurrency", Type::integer, "200", "Delivery attempts at one time, to all sites.",
        1, 20'000},
    Key{"queue.concurrency_per_site", Type::integer, "20",
        "Delivery attempts at one time to one site (a set of MX hosts).", 1, 1000},
    Key{"queue.connection_reuse", Type::duration, "\"5s\"",
        "How long an idle connection is kept for the next letter to its site. `\"0s\"`: not at "
        "all.",
        0, 10 * minute},

    Key{"outbound.port", Type::integer, "25", "The port of other servers.", 1, 65535},
    Key{"outbound.smart_host", Type::next_hops, "[]",
        "All mail for others goes to the first of these that takes it. A name stands for its MX "
        "hosts, a name in brackets for its own addresses. Its port is `port` unless given."},
    Key{"outbound.fallback_relay", Type::next_hop, "",
        "Mail goes here when no host of its domain can be reached or all put it off."},
    Key{"outbound.tls", Type::choice, "\"opportunistic\"",
        "`opportunistic`: whenever the other server offers it; `required`: or not at all; "
        "`verified`: and only with a certificate in the host's name by an authority that this "
        "system trusts; `off`. For `fingerprint` see `[[destination]]`.",
        0, 0, "opportunistic required verified off"},
    Key{"outbound.source_ipv4", Type::ip_address, "", "The IPv4 address to connect from."},
    Key{"outbound.source_ipv6", Type::ip_address, "", "The IPv6 address to connect from."},
    Key{"outbound.recipients", Type::integer, "50",
        "Recipients of one letter that are sent at one time to one site; more go with further "
        "copies.",
        1, 1500},
    Key{"outbound.hold", Type::boolean, "false",
        "Hold whatever is accepted until `posthouse queue release`."},
    Key{"outbound.smart_host_login.user", Type::text, "",
        "The name to log in with at every smart host. Needs `password_file`."},
    Key{"outbound.smart_host_login.password_file", Type::path, "",
        "File whose first line is the password; readable by root only. Needs `user`."},

    Key{"destination[].match", Type::destination, "",
        "Required in each `[[destination]]`: a domain (`example.org`), its subdomains "
        "(`.example.org`), a next hop as it is written elsewhere (`[relay.example.org]`, "
        "`[192.0.2.1]:587`), or `*` for all. The nearest counts."},
    Key{"destination[].tls", Type::choice, "",
        "As in `[outbound]`; besides, `fingerprint`: only with one of the certificates in "
        "`fingerprints`, whoever made it.",
        0, 0, "opportunistic required verified off fingerprint"},
    Key{"destination[].fingerprints", Type::fingerprints, "[]",
        "SHA-256 of certificates in DER form, hexadecimal, with or without colons."},
    Key{"destination[].source_ipv4", Type::ip_address, "", "As in `[outbound]`."},
    Key{"destination[].source_ipv6", Type::ip_address, "", "As in `[outbound]`."},
    Key{"destination[].port", Type::integer, "",
        "As in `[outbound]`. The port of a next hop that has one comes first.", 1, 65535},
    Key{"destination[].concurrency", Type::integer, "",
        "Delivery attempts at one time, as `queue.concurrency_per_site`.", 1, 1000},
    Key{"destination[].letters_per_minute", Type::integer, "",
        "Delivery attempts that are begun in one minute. 0: no limit.", 0, 1'000'000},
    Key{"destination[].retry_first", Type::duration, "", "As in `[queue]`.", second, day},
    Key{"destination[].retry_factor", Type::factor, "", "As in `[queue]`.", 1000, 10'000},
    Key{"destination[].retry_maximum", Type::duration, "", "As in `[queue]`.", second, 7 * day},
    Key{"destination[].lifetime", Type::duration, "", "As in `[queue]`.", minute, 365 * day},
    Key{"destination[].warn_after", Type::duration, "", "As in `[queue]`.", 0, 30 * day},
    Key{"destination[].recipients", Type::integer, "", "As in `[outbound]`.", 1, 1500},
    Key{"destination[].login.user", Type::text, "",
        "The name to log in with there. Needs `password_file`."},
    Key{"destination[].login.password_file", Type::path, "",
        "File whose first line is the password; readable by root only. Needs `user`."},

    Key{"backup_mx.domains", Type::domains, "[]",
        "Domains that are not ours and whose mail is taken and kept until their own servers take "
        "it."},
    Key{"backup_mx.verify", Type::choice, "\"none\"",
        "Which addresses of them are taken: `none`: all; `list`: those in `recipients`; `callout`: "
        "those that the domain's own server takes, as far as it can be asked.",
        0, 0, "none list callout"},
    Key{"backup_mx.recipients", Type::paths, "[]",
        "Files for `verify = \"list\"`: an address, or `@example.org` for a whole domain, a line."},
    Key{"backup_mx.lifetime", Type::duration, "\"14d\"", "In place of `queue.lifetime`.", minute,
        365 * day},
    Key{"backup_mx.retry_maximum", Type::duration, "\"15m\"", "In place of `queue.retry_maximum`.",
        second, 7 * day},
};

} // namespace

std::span<const Key> outgoing_keys()
{
    return table;
}

} // namespace posthouse::config
