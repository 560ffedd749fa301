// SPDX-License-Identifier: Apache-2.0
#include "keeper/workers.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace asio = boost::asio;

namespace posthouse::keeper {
namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr auto patience_for_the_word = std::chrono::seconds(2);
/// How long work that would be alone waits for others' to end; then it goes with them.
constexpr auto patience_for_solitude = std::chrono::seconds(30);

} // namespace

struct Workers::Place::Worker {
    explicit Worker(const asio::any_io_executor& executor) : told(executor) {}
    std::shared_ptr<wire::Link> link;
    std::size_t jobs = 0;
    bool reserved = false; // for one job alone
    std::optional<spool::Loss> loss;
    asio::steady_timer told; // cancelled when the supervisor has said how it ended
};

Workers::Place& Workers::Place::operator=(Place&& other) noexcept
{
    if (this != &other) {
        if (pool_ != nullptr && worker_ && !pool_lives_.expired())
            pool_->give_back(*this);
        worker_ = std::move(other.worker_);
        link_ = std::move(other.link_);
        pool_ = std::exchange(other.pool_, nullptr);
        pool_lives_ = std::move(other.pool_lives_);
        alone_ = other.alone_;
    }
    return *this;
}

Workers::Place::~Place()
{
    if (pool_ != nullptr && worker_ && !pool_lives_.expired())
        pool_->give_back(*this);
}

Task<spool::Loss> Workers::Place::loss() const
{
    const auto worker = worker_;
    if (!worker->loss) {
        worker->told.expires_after(patience_for_the_word);
        co_await worker->told.async_wait(as_result);
    }
    co_return worker->loss.value_or(spool::Loss::stopped);
}

void Workers::linked(const std::string& member, std::shared_ptr<wire::Link> link)
{
    // A new process: jobs of the old one give back their places to the old record.
    auto worker = std::make_shared<Place::Worker>(executor_);
    worker->link = std::move(link);
    workers_[member] = std::move(worker);
    serve();
}

void Workers::unlinked(const std::string& member, const wire::Link* link)
{
    const auto found = workers_.find(member);
    if (found != workers_.end() && found->second->link.get() == link)
        found->second->link.reset();
}

void Workers::ended(const std::string& member, bool crashed)
{
    const auto found = workers_.find(member);
    if (found == workers_.end())
        return;
    found->second->loss = crashed ? spool::Loss::crashed : spool::Loss::stopped;
    found->second->told.cancel();
}

std::shared_ptr<wire::Link> Workers::any_link() const
{
    for (const auto& [member, worker] : workers_)
        if (worker->link)
            return worker->link;
    return nullptr;
}

std::size_t Workers::capacity() const
{
    return jobs_each_ *
           static_cast<std::size_t>(std::ranges::count_if(
               workers_, [](const auto& entry) { return entry.second->link != nullptr; }));
}

/// While work waits that would be alone, the worker with the least to do gets nothing new.
std::shared_ptr<Workers::Place::Worker> Workers::being_emptied() const
{
    std::shared_ptr<Place::Worker> least;
    if (std::ranges::any_of(waiters_, [](const auto* w) { return w->company == Company::alone; }))
        for (const auto& [name, worker] : workers_)
            if (worker->link && !worker->reserved && (!least || worker->jobs < least->jobs))
                least = worker;
    return least;
}

std::optional<Workers::Place> Workers::try_take(Company company)
{
    std::shared_ptr<Place::Worker> best;
    const auto emptying = being_emptied();
    for (const auto& [name, worker] : workers_) {
        if (!worker->link || !worker->link->is_open() || worker->reserved)
            continue;
        if (company == Company::shared && worker == emptying)
            continue;
        const auto room = company == Company::alone ? 1 : jobs_each_;
        if (worker->jobs < room && (!best || worker->jobs < best->jobs))
            best = worker;
    }
    if (!best)
        return std::nullopt;
    ++best->jobs;
    best->reserved = company == Company::alone;
    Place place;
    place.worker_ = best;
    place.link_ = best->link;
    place.pool_ = this;
    place.pool_lives_ = lives_;
    place.alone_ = best->reserved;
    return place;
}

Task<Workers::Place> Workers::take(Company company)
{
    if (auto place = try_take(company))
        co_return std::move(*place);
    const auto until = company == Company::alone
                           ? asio::steady_timer::clock_type::now() + patience_for_solitude
                           : asio::steady_timer::time_point::max();
    Waiter waiter{company, asio::steady_timer(executor_, until), {}};
    waiters_.push_back(&waiter);
    while (!waiter.place) {
        auto [cancelled] = co_await waiter.wake.async_wait(as_result);
        if (cancelled || waiter.place)
            continue;
        waiter.company = Company::shared;
        waiter.wake.expires_at(asio::steady_timer::time_point::max());
        serve();
    }
    co_return std::move(*waiter.place);
}

void Workers::give_back(Place& place)
{
    --place.worker_->jobs;
    if (place.alone_)
        place.worker_->reserved = false;
    place.worker_.reset();
    serve();
}

void Workers::serve()
{
    for (auto next = waiters_.begin(); next != waiters_.end();) {
        auto place = try_take((*next)->company);
        if (!place) {
            ++next; // One that would be alone does not hold up the others.
            continue;
        }
        auto* waiter = *next;
        next = waiters_.erase(next);
        waiter->place = std::move(place);
        waiter->wake.cancel();
    }
}

} // namespace posthouse::keeper
