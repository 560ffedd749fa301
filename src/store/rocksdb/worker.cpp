// SPDX-License-Identifier: Apache-2.0
#include "store/rocksdb/worker.hpp"

namespace posthouse::store::rocksdb {

Worker::Worker() : thread_([this] { run(); }) {}

Worker::~Worker()
{
    end();
}

void Worker::end()
{
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable())
        thread_.join();
}

void Worker::post(Job job)
{
    {
        const std::lock_guard lock(mutex_);
        if (ending_)
            return;
        jobs_.push_back(std::move(job));
    }
    changed_.notify_one();
}

void Worker::run()
{
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
        if (jobs_.empty())
            return;
        Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        job = nullptr;
        lock.lock();
    }
}

} // namespace posthouse::store::rocksdb
