// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "config/config.hpp"
#include "dns/lookup.hpp"
#include "dns/targets.hpp"
#include "wire/messages.pb.h"

#include <memory>
#include <span>
#include <string>

namespace posthouse::resolver {

/// By what this server knows itself, from its configuration. `interfaces`: this host's own
/// addresses, which count where a listener on all of them would take what is sent to them.
dns::Self self_of(const config::Config&, std::span<const dns::IpAddress> interfaces);

/// Finds the hosts of a domain or of a next hop.
class Finder {
public:
    Finder(dns::Self, std::shared_ptr<dns::Lookup>);

    /// Never nothing: a failure is a Targets that says so.
    static Task<wire::Targets> find(std::shared_ptr<const Finder>, wire::FindTargets, Random&);

private:
    dns::Self self_;
    std::shared_ptr<dns::Lookup> lookup_;
};

} // namespace posthouse::resolver
