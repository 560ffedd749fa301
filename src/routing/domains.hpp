// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "routing/engine.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace posthouse::routing {

/// A domain whose mail is for here, and what is known of it.
struct Locality {
    LocalDomain rules;
    /// Another name of this host (local-host-names, localhost, the hostname itself): its users are
    /// the hostname's too.
    bool is_this_host = false;
    std::string why; // "one of domains", "local_host_names:3", "the hostname"
};
std::optional<Locality> locality_of(const mail::Domain&, const Rules&, const Tables&);

/// What the configuration says of the hostname as a domain.
const LocalDomain& own_domain(const Rules&);

/// The domain and those above it: "a.b.c", "b.c", "c". A literal is alone.
std::vector<std::string_view> with_parents(std::string_view domain);
/// Is it one of them, or below one of them?
bool is_within(std::string_view domain, const std::vector<mail::Domain>&);

} // namespace posthouse::routing
