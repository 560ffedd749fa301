// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"
#include "sources/find_cache.hpp"
#include "sources/worker.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace posthouse::sources {

/// The other end of Line's connection: answers questions with workers that block, each on a thread
/// of its own. What waits for them is bounded in number and time.
class Service {
public:
    struct Limits {
        std::size_t waiting = 128;
        Duration patience = std::chrono::seconds(20); // in the queue; then nobody wants to know
        Duration cache = {};                          // of find()
    };

    /// Starts the threads: before confine_calls().
    Service(boost::asio::io_context&, std::vector<std::unique_ptr<Worker>>, const Limits&);
    Service(const Service&) = delete;
    ~Service();

    /// The clerk, or its successor.
    void open(UniqueFd clerk);
    /// What was remembered counts no longer.
    void forget() { cache_ = FindCache(limits_.cache); }

private:
    struct Job {
        std::uint32_t connection;
        Question question;
        Instant since;
    };

    void hear();
    void take(std::string& packet);
    void work(Worker&);
    void answer(const Job&, Reply);
    void send(Reply, std::uint32_t id);

    boost::asio::io_context& context_;
    Limits limits_;
    FindCache cache_;
    std::unique_ptr<boost::asio::posix::stream_descriptor> clerk_;
    std::uint32_t connection_ = 0; // which one it is

    std::vector<std::unique_ptr<Worker>> workers_;
    std::mutex lock_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

} // namespace posthouse::sources
