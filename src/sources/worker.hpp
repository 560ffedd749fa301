// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sources/backend.hpp"
#include "sources/sources.pb.h"

#include <memory>
#include <utility>
#include <vector>

namespace posthouse::sources {

/// Answers questions, with calls that block and have time-outs of their own. Each thread has one to
/// itself.
class Worker {
public:
    virtual ~Worker() = default;
    /// Also of a question that makes no sense; the id is set by who asks.
    virtual Reply answer(const Question&) = 0;
};

/// There is no answer.
Reply trouble(SourceError);

/// Whether somebody exists, and whether a password is right.
class UserWorker final : public Worker {
public:
    explicit UserWorker(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}
    Reply answer(const Question&) override;

private:
    std::unique_ptr<Backend> backend_;
};

/// One for each backend.
std::vector<std::unique_ptr<Worker>> workers_for(std::vector<std::unique_ptr<Backend>>);

} // namespace posthouse::sources
