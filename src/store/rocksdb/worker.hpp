// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace posthouse::store::rocksdb {

/// One thread for what may wait long for the disk: large bodies. Runs its jobs in order; those
/// that wait when it ends are run first.
class Worker {
public:
    using Job = std::move_only_function<void()>;

    Worker();
    ~Worker();
    void post(Job);
    /// Runs what waits; jobs posted later are dropped.
    void end();

private:
    void run();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    bool ending_ = false;
    std::thread thread_;
};

} // namespace posthouse::store::rocksdb
