// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "courier/connection.hpp"

#include <boost/asio/steady_timer.hpp>

#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace posthouse::courier {

/// Connections that wait, for a short time, for the next letter to the same site.
class Pool {
public:
    explicit Pool(net::Deadlines&);

    /// The one used last, if the host has said nothing since; otherwise null.
    std::unique_ptr<Connection> take(const std::string& site);
    /// Kept as long as its policy says, or dismissed if there are too many.
    void put(const std::string& site, std::unique_ptr<Connection>);
    /// Takes leave of the host, in the background.
    void dismiss(std::unique_ptr<Connection>);
    /// Dismisses all.
    void clear();

    std::size_t idle() const { return idle_.size(); }

private:
    struct Idle {
        std::string site;
        std::unique_ptr<Connection> connection;
        Instant until;
    };
    using Position = std::list<Idle>::iterator;

    std::unique_ptr<Connection> remove(Position);
    void sweep(Instant now);
    void arm();
    static Task<void> take_leave(Pool*, std::unique_ptr<Connection>);

    boost::asio::io_context& context_;
    boost::asio::steady_timer timer_;
    bool armed_ = false;
    std::list<Idle> idle_; // The one that waits longest first.
    std::unordered_map<std::string, std::vector<Position>> by_site_; // The same order.
    std::size_t leaving_ = 0;
};

} // namespace posthouse::courier
