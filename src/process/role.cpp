// SPDX-License-Identifier: Apache-2.0
#include "process/role.hpp"

#include "base/contract.hpp"

namespace posthouse::process {

namespace {

struct Entry {
    Role role;
    std::string_view name;
    std::string_view user;
};

constexpr std::array entries = {
    Entry{Role::supervisor, "supervisor", ""},
    Entry{Role::gate, "gate", "posthouse-gate"},
    Entry{Role::keeper, "keeper", "posthouse"},
    Entry{Role::sorter, "sorter", "posthouse-sort"},
    Entry{Role::courier, "courier", "posthouse-courier"},
    Entry{Role::resolver, "resolver", "posthouse-dns"},
    Entry{Role::clerk, "clerk", "posthouse-clerk"},
    Entry{Role::agent, "agent", ""},
    Entry{Role::runner, "runner", ""},
    Entry{Role::envoy, "envoy", "posthouse-clerk"},
    Entry{Role::pam, "pam", ""},
    Entry{Role::tables, "tables", "posthouse-sort"},
    Entry{Role::signer, "signer", "posthouse-sign"},
};

const Entry& entry_of(Role role)
{
    const auto index = static_cast<std::size_t>(role);
    expects(index < entries.size() && entries[index].role == role);
    return entries[index];
}

} // namespace

std::string_view name_of(Role role)
{
    return entry_of(role).name;
}

std::optional<Role> role_named(std::string_view name)
{
    for (const Entry& entry : entries)
        if (entry.name == name)
            return entry.role;
    return std::nullopt;
}

std::string_view default_user(Role role)
{
    return entry_of(role).user;
}

} // namespace posthouse::process
