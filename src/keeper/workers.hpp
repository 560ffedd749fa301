// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "spool/scheduler.hpp"
#include "wire/link.hpp"

#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace posthouse::keeper {

/// The processes of one kind that do work for the keeper: sorters, or the courier. Work goes to
/// the one with the least to do; work that is suspect goes to one that has nothing else.
class Workers {
public:
    Workers(boost::asio::any_io_executor executor, std::size_t jobs_each)
        : executor_(std::move(executor)),
          jobs_each_(jobs_each)
    {
    }

    enum class Company : std::uint8_t { shared, alone };

    /// A place at one of them. Given back when it is destroyed.
    class Place {
    public:
        Place() = default;
        Place(Place&&) noexcept = default;
        Place& operator=(Place&&) noexcept;
        ~Place();
        const std::shared_ptr<wire::Link>& link() const { return link_; }
        /// After a call failed with Failure::closed: did the worker bring itself down? Waits a
        /// moment for the supervisor's word.
        Task<spool::Loss> loss() const;

    private:
        friend class Workers;
        struct Worker;
        std::shared_ptr<Worker> worker_;
        std::shared_ptr<wire::Link> link_;
        Workers* pool_ = nullptr;
        std::weak_ptr<const bool> pool_lives_; // A suspended coroutine may outlive the pool.
        bool alone_ = false;
    };

    /// Waits until there is one.
    Task<Place> take(Company);
    /// If there is one now.
    std::optional<Place> try_take(Company);

    void linked(const std::string& member, std::shared_ptr<wire::Link>);
    void unlinked(const std::string& member, const wire::Link*);
    void ended(const std::string& member, bool crashed);

    /// For a question that is answered at once, and must not wait for a place. None: nobody is
    /// there.
    std::shared_ptr<wire::Link> any_link() const;
    /// How many jobs they can have at a time, all together.
    std::size_t capacity() const;
    std::size_t waiting() const { return waiters_.size(); }

private:
    struct Waiter {
        Company company;
        boost::asio::steady_timer wake;
        std::optional<Place> place;
    };

    std::shared_ptr<Place::Worker> being_emptied() const;
    void give_back(Place&);
    void serve();

    boost::asio::any_io_executor executor_;
    std::size_t jobs_each_;
    std::map<std::string, std::shared_ptr<Place::Worker>> workers_;
    std::deque<Waiter*> waiters_;
    std::shared_ptr<const bool> lives_ = std::make_shared<const bool>(true);
};

} // namespace posthouse::keeper
