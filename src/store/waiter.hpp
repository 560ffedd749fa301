// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/contract.hpp"
#include "base/task.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace posthouse::store {

/// One coroutine's wait. It stands in the coroutine's own frame, beside the value that is waited
/// for, so that a commit costs no allocation, no type erasure and no reference count.
class Waiter {
public:
    Waiter() = default;
    Waiter(const Waiter&) = delete;

    /// Suspends, then calls start(), which hands this waiter to whoever will call resume().
    /// `start` must outlive the co_await: name it before.
    template <class Start>
    Task<> wait(Start& start)
    {
        return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
            [this, &start](Handler handler) {
                handler_.emplace(std::move(handler));
                start();
            },
            boost::asio::use_awaitable);
    }

    /// Goes on with the coroutine, here and now: only to be called on its executor. When this
    /// returns, the waiter may be gone.
    void resume()
    {
        expects(handler_.has_value());
        Handler handler = std::move(*handler_);
        handler_.reset();
        std::move(handler)();
    }

    /// The executor went away: the coroutine is destroyed, and this waiter with it.
    void abandon()
    {
        Handler handler = std::move(*handler_);
        handler_.reset();
    }

private:
    using Handler = boost::asio::async_result<boost::asio::use_awaitable_t<>, void()>::handler_type;
    std::optional<Handler> handler_;
};

/// A posted function that resumes one waiter, or abandons it when the executor never runs it.
class Wakeup {
public:
    explicit Wakeup(Waiter& waiter) : waiter_(&waiter) {}
    Wakeup(Wakeup&& other) noexcept : waiter_(std::exchange(other.waiter_, nullptr)) {}
    Wakeup& operator=(Wakeup&&) = delete;
    ~Wakeup()
    {
        if (waiter_)
            waiter_->abandon();
    }
    void operator()() { std::exchange(waiter_, nullptr)->resume(); }

private:
    Waiter* waiter_;
};

/// Resumes all of them in a later turn of the executor, in their order.
inline Task<> resume_later(std::vector<Waiter*> waiters)
{
    struct Wake {
        std::vector<Waiter*> left;
        explicit Wake(std::vector<Waiter*> all) : left(std::move(all)) {}
        Wake(Wake&&) = default;
        Wake& operator=(Wake&&) = delete;
        ~Wake()
        {
            for (Waiter* waiter : left)
                waiter->abandon();
        }
        void operator()()
        {
            for (Waiter* waiter : std::exchange(left, {}))
                waiter->resume();
        }
    };
    boost::asio::post(co_await boost::asio::this_coro::executor, Wake(std::move(waiters)));
}

} // namespace posthouse::store
