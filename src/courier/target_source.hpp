// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "courier/policy.hpp"
#include "courier/route.hpp"
#include "wire/link.hpp"
#include "wire/messages.pb.h"

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

namespace posthouse::courier {

/// Who knows the hosts of a place.
class TargetSource {
public:
    using Found = wire::Result<std::shared_ptr<const wire::Targets>>;

    virtual ~TargetSource() = default;
    /// Of a domain or a next hop.
    virtual Task<Found> find(Hop) = 0;
};

/// The resolver, and what it said a moment ago, with hosts of one preference in an order of their
/// own each time (RFC 5321 §5.1).
class ResolverTargets final : public TargetSource {
public:
    explicit ResolverTargets(Random& random) : random_(random) {}

    void set_link(std::shared_ptr<wire::Link>);
    /// Forgets all: the configuration has changed.
    void forget();

    Task<Found> find(Hop) override;
    /// Asks, whatever it said before.
    Task<Found> ask(wire::FindTargets);

    std::size_t remembered() const { return known_.size(); }

private:
    struct Known {
        std::shared_ptr<const wire::Targets> targets;
        Instant until;
    };
    void remember(const std::string& place, std::shared_ptr<const wire::Targets>);
    std::shared_ptr<const wire::Targets> shuffled(std::shared_ptr<const wire::Targets>);

    Random& random_;
    std::shared_ptr<wire::Link> link_;
    std::unordered_map<std::string, Known> known_;
    std::deque<std::string> order_; // of becoming known; each place of known_ once
};

} // namespace posthouse::courier
