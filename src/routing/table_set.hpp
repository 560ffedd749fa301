// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "routing/engine.hpp"
#include "tables/mapped.hpp"

namespace posthouse::routing {

/// Into what is mapped, which has to outlive it.
inline Tables tables_in(const tables::MappedTables& mapped)
{
    const auto image = [&](tables::Table table) { return tables::image_of(mapped, table); };
    using enum tables::Table;
    return {.aliases = image(aliases),
            .virtusers = image(virtusers),
            .mailers = image(mailers),
            .access = image(access),
            .generics = image(generics),
            .generics_domains = image(generics_domains),
            .local_hosts = image(local_hosts),
            .relay_domains = image(relay_domains),
            .sender_relays = image(sender_relays),
            .copies = image(copies)};
}

} // namespace posthouse::routing
