// SPDX-License-Identifier: Apache-2.0
#include "tables/formats.hpp"

#include "tables/builder.hpp"

namespace posthouse::tables {
namespace {

void read_one(Table table, std::string_view text, Builder& builder)
{
    switch (table) {
    case Table::aliases:
        return; // All its files together: read_aliases().
    case Table::virtusers:
        return read_virtusers(text, builder);
    case Table::mailers:
        return read_mailers(text, builder);
    case Table::access:
        return read_access(text, builder);
    case Table::generics:
        return read_generics(text, builder);
    case Table::sender_relays:
        return read_sender_relays(text, builder);
    case Table::copies:
        return read_copies(text, builder);
    case Table::local_hosts:
    case Table::relay_domains:
    case Table::generics_domains:
    case Table::callers:
        return read_class(table, text, builder);
    }
}

} // namespace

std::string_view name_of(Table table)
{
    switch (table) {
    case Table::aliases:
        return "aliases";
    case Table::virtusers:
        return "virtusertable";
    case Table::mailers:
        return "mailertable";
    case Table::access:
        return "access";
    case Table::generics:
        return "genericstable";
    case Table::local_hosts:
        return "local-host-names";
    case Table::relay_domains:
        return "relay-domains";
    case Table::sender_relays:
        return "sender-relays";
    case Table::generics_domains:
        return "generics-domains";
    case Table::callers:
        return "trusted-users";
    case Table::copies:
        return "copies";
    }
    return "table";
}

Compiled compile(Table table, std::span<const Source> sources, const Includer& includer)
{
    Builder builder(table);
    if (table == Table::aliases)
        read_aliases(sources, includer, builder);
    else
        for (const auto& source : sources) {
            builder.begin_file(source.name);
            read_one(table, source.text, builder);
        }
    return {.image = builder.writer.finish(),
            .problems = std::move(builder.report.problems),
            .untold = builder.report.untold,
            .entries = builder.writer.size()};
}

} // namespace posthouse::tables
