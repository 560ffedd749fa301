// SPDX-License-Identifier: Apache-2.0
#include "config/key_parts.hpp"

#include <array>

namespace posthouse::config {

namespace {

constexpr std::array table{
    Key{"tables.aliases", Type::paths, "[]",
        "Where mail for a local name goes: other addresses, files, programs, lists."},
    Key{"tables.virtusertable", Type::paths, "[]",
        "Addresses and whole domains of ours, and where their mail goes."},
    Key{"tables.mailertable", Type::paths, "[]",
        "Domains that are not ours, and the host or method that takes their mail."},
    Key{"tables.access", Type::paths, "[]",
        "Clients, senders and recipients that may, may not, or may relay."},
    Key{"tables.genericstable", Type::paths, "[]",
        "Local senders, and the addresses they are known by outside."},
    Key{"tables.generics_domains", Type::paths, "[]",
        "Domains whose senders `genericstable` is looked up for; by default only ours."},
    Key{"tables.local_host_names", Type::paths, "[]",
        "Further names of this host: their mail is delivered as that of `hostname`."},
    Key{"tables.relay_domains", Type::paths, "[]",
        "Domains, with their subdomains, whose mail is taken from anyone."},
    Key{"tables.sender_relays", Type::paths, "[]",
        "Senders, and the host that takes their mail for others."},
    Key{"tables.copies", Type::paths, "[]",
        "Senders and recipients, and who gets a copy of each letter."},

    Key{"routing.separator", Type::separator, "\"+\"",
        "Any of these characters begins the detail of an address: mail for `user+detail` goes to "
        "`user`. `\"\"`: none does."},
    Key{"routing.always_copy", Type::mailboxes, "[]", "Who gets a copy of every letter."},
    Key{"routing.verp_lists", Type::addressees, "[]",
        "Aliases with an `owner-`: each of their members gets letters with a sender of its own, so "
        "that what comes back says whose address failed."},
    Key{"routing.expansion_limit", Type::integer, "100000",
        "Deliveries that one letter may become.", 100, 10'000'000},

    Key{"masquerade.as", Type::domain, "",
        "Senders in this host's name, and in `domains`, are rewritten to this domain."},
    Key{"masquerade.domains", Type::domains, "[]",
        "Domains that are rewritten besides the host's name, with their subdomains. Needs `as`."},
    Key{"masquerade.exceptions", Type::domains, "[]",
        "Domains that are not, though `domains` would have it. Needs `as`."},
    Key{"masquerade.exposed_users", Type::addressees, "[\"root\"]",
        "Local parts that keep their domain."},
    Key{"masquerade.envelope", Type::boolean, "true", "Rewrite the envelope's sender too."},
    Key{"masquerade.recipients", Type::boolean, "false", "Rewrite `To:` and `Cc:` too."},
    Key{"masquerade.add_domain", Type::boolean, "true",
        "Give addresses without a domain ours, in the header of letters from this host."},

    Key{"local_delivery.format", Type::choice, "\"mbox\"",
        "How mail of this host's users is kept: `mbox`: a file each in `mbox_directory`; "
        "`maildir`: "
        "a directory in each home; `program`: however `program` does it.",
        0, 0, "mbox maildir program"},
    Key{"local_delivery.mbox_directory", Type::path, "\"/var/mail\"",
        "Where the files of `mbox` are, each with its user's name."},
    Key{"local_delivery.maildir", Type::relative_path, "\"Maildir\"",
        "The directory of `maildir`, relative to the home."},
    Key{"local_delivery.program", Type::command, "",
        "What `program` runs, as the user: an absolute path and arguments, in which `%u` is the "
        "user's name. No shell reads it."},
    Key{"local_delivery.forward", Type::boolean, "true",
        "Do as `~/.forward` says, where a user has one."},
    Key{"local_delivery.programs_allowed", Type::paths, "[]",
        "Programs that aliases and `~/.forward` may run: each its path, or a directory (with a "
        "final `/`) all of whose files may be run. By default none."},
    Key{"local_delivery.program_timeout", Type::duration, "\"5m\"",
        "A program that takes longer is ended, and the delivery put off.", second, day},
    Key{"local_delivery.program_output", Type::size, "\"64KiB\"",
        "How much of what a program says is read, for the notification.", 0, 512 * KiB},
    Key{"local_delivery.quota_bytes", Type::size, "0", "The largest mailbox of a user; 0: any.", 0,
        1024 * GiB},
    Key{"local_delivery.default_user", Type::user, "\"nobody\"",
        "As whom programs and files of the aliases run and are written. Never root."},
    Key{"local_delivery.concurrency", Type::integer, "20", "Local deliveries at one time.", 1, 256},

    Key{"submission.socket", Type::optional_path, "\"/run/posthouse/submit\"",
        "The Unix socket at which `sendmail` gives letters in. `\"\"`: none."},
    Key{"submission.drop", Type::optional_path, "\"/var/spool/posthouse/drop\"",
        "The directory for letters given in while the server is down; they are taken from there "
        "when it starts. `\"\"`: none."},
    Key{"submission.trusted_users", Type::users, "[\"root\"]",
        "Users of this host that may send as anyone (`sendmail -f`)."},

    Key{"notifications.language", Type::choice, "\"english\"",
        "The language in which senders are told.", 0, 0, "english chinese"},
    Key{"notifications.template_file", Type::path, "",
        "File with words in place of the language's."},
    Key{"notifications.postmaster", Type::mailbox, "",
        "Who is told of notifications that cannot be delivered. By default `postmaster` at "
        "`hostname`."},
    Key{"notifications.tell_postmaster", Type::boolean, "true", "Whether anyone is."},

    Key{"milter[].name", Type::name, "",
        "Required in each `[[milter]]`: what the log calls it. Filters are asked in the order of "
        "this file."},
    Key{"milter[].address", Type::milter_address, "",
        "Required in each `[[milter]]`: where it listens."},
    Key{"milter[].on_failure", Type::choice, "\"tempfail\"",
        "What becomes of letters when it cannot be asked: `accept`: they pass without it; "
        "`tempfail`: the client is to come again; `reject`.",
        0, 0, "accept tempfail reject"},
    Key{"milter[].connect_timeout", Type::duration, "\"30s\"",
        "How long a connection to it may take.", 100, 10 * minute},
    Key{"milter[].command_timeout", Type::duration, "\"30s\"",
        "How long it may take for an answer.", 100, 10 * minute},
    Key{"milter[].end_timeout", Type::duration, "\"5m\"",
        "How long it may take for its answer at the end of a letter.", second, hour},
};

} // namespace

std::span<const Key> delivery_keys()
{
    return table;
}

} // namespace posthouse::config
