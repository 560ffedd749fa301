// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "courier/pool.hpp"
#include "courier/target_source.hpp"

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace posthouse::courier {

/// Carries letters: what all attempts share. Belongs to one thread, and outlives what it started.
class Carrier {
public:
    /// One letter for one destination, by order of the keeper.
    struct Order {
        wire::Attempt attempt;
        Body body;
        /// Is the outcome still of use to anyone? Asked before a letter is sent, lest it is sent
        /// again by whoever comes after.
        std::function<bool()> is_wanted = {};
    };

    Carrier(net::Deadlines&, TargetSource&, std::shared_ptr<const Policy>);

    /// Exactly one outcome for each recipient, in their order, whatever happens.
    Task<wire::Attempted> attempt(Order);
    /// Would the destination take this recipient? No letter is sent.
    Task<wire::Verified> verify(wire::Verify);

    /// Attempts under way end under the old one.
    void configure(std::shared_ptr<const Policy>);
    /// Takes leave of all hosts that have nothing to do.
    void close_idle() { pool_.clear(); }

    // For Delivery:
    TargetSource& targets() { return targets_; }
    const std::shared_ptr<const Policy>& policy() const { return policy_; }
    std::unique_ptr<Connection> take_idle(const std::string& site);
    std::unique_ptr<Connection> make_connection(Place, std::shared_ptr<const Terms>) const;
    /// The connection has done its part; `site` is where it may serve again.
    void give_back(const std::string& site, std::unique_ptr<Connection>);
    void dismiss(std::unique_ptr<Connection> connection) { pool_.dismiss(std::move(connection)); }
    /// Room for a letter that is converted in memory; false: there is none at present.
    bool take_room(std::uint64_t bytes);
    void give_room_back(std::uint64_t bytes) { converting_bytes_ -= bytes; }
    bool is_without_tls(const std::string& host) const;
    void remember_without_tls(const std::string& host);

private:
    net::Deadlines& deadlines_;
    TargetSource& targets_;
    std::shared_ptr<const Policy> policy_;
    Pool pool_;
    std::unordered_map<std::string, Instant> without_tls_; // Until then.
    std::uint64_t converting_bytes_ = 0;
};

} // namespace posthouse::courier
