// SPDX-License-Identifier: Apache-2.0
#include "config/key_parts.hpp"

#include <array>

namespace posthouse::config {

namespace {

constexpr std::array table{
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
    Key{"process.users.tables", Type::user, "\"posthouse-sort\"",
        "The user that reads the classic tables."},
    Key{"process.users.signer", Type::user, "\"posthouse-sign\"",
        "The user that holds the private keys of `[tls]`."},

    Key{"process.gate_threads", Type::integer, "0",
        "Threads of each process that serves clients; 0: one for each core.", 0, 256},
    Key{"process.sorter_workers", Type::integer, "2", "Processes that read letters.", 1, 256},
    Key{"process.drain_seconds", Type::integer, "30",
        "How many seconds a stopping server lets sessions and deliveries under way end.", 0, 3600},
};

} // namespace

std::span<const Key> process_keys()
{
    return table;
}

} // namespace posthouse::config
