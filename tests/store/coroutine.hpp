// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <stdexcept>

namespace posthouse::tests {

/// Runs the task to its end on the context and returns its value.
template <class T>
T run(boost::asio::io_context& io, Task<T> task)
{
    std::optional<T> value;
    std::exception_ptr failure;
    boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr e, T v) {
        failure = e;
        value.emplace(std::move(v));
    });
    io.restart();
    while (!value && io.run_one() != 0) {
    }
    if (failure)
        std::rethrow_exception(failure);
    if (!value)
        throw std::logic_error("the task did not end");
    return std::move(*value);
}

} // namespace posthouse::tests
