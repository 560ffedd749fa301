// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace posthouse {

/// A task that goes on by itself while whoever began it does something else, until its result is
/// wanted. On the same executor, so it needs no locks. It may outlive whoever began it: it must own
/// all that it uses.
template <class T>
class Ahead {
public:
    static Task<Ahead> begin(Task<T> task)
    {
        auto executor = co_await boost::asio::this_coro::executor;
        Ahead ahead(std::make_shared<State>(executor));
        boost::asio::co_spawn(executor, std::move(task),
                              [state = ahead.state_](std::exception_ptr error, T value) {
                                  state->error = error;
                                  state->value.emplace(std::move(value));
                                  state->done.cancel();
                              });
        co_return ahead;
    }

    /// Once; what the task throws, this throws.
    Task<T> result()
    {
        const auto state = state_;
        while (!state->value) {
            boost::system::error_code cancelled;
            co_await state->done.async_wait(
                boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
        }
        if (state->error)
            std::rethrow_exception(state->error);
        co_return std::move(*state->value);
    }

private:
    struct State {
        template <class Executor>
        explicit State(const Executor& executor)
            : done(executor, boost::asio::steady_timer::time_point::max())
        {
        }
        boost::asio::steady_timer done; // Never expires; its end wakes who waits.
        std::optional<T> value;
        std::exception_ptr error;
    };

    explicit Ahead(std::shared_ptr<State> state) : state_(std::move(state)) {}

    std::shared_ptr<State> state_;
};

} // namespace posthouse
