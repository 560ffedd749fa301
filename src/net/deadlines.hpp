// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace posthouse::net {

/// The time-outs of all connections of one thread, looked at a few times a second at most, and not
/// before the first of them: a timer for every read would cost more than the read. An operation is
/// cut off at most one tick late.
class Deadlines {
public:
    class Watch;

    explicit Deadlines(boost::asio::io_context&, Duration tick = std::chrono::milliseconds(250));
    ~Deadlines(); // No watch may be left.
    Deadlines(const Deadlines&) = delete;

    boost::asio::io_context& context() { return context_; }
    /// Calls expired() of whatever is overdue; for tests, and for the ticker.
    void sweep(Instant now);

private:
    void arm();
    void note(Instant until);

    boost::asio::io_context& context_;
    boost::asio::steady_timer timer_;
    Duration tick_;
    Watch* first_ = nullptr;
    Instant earliest_ = Instant::max(); // None that runs is due before.
    Instant next_look_{};
    bool armed_ = false;
};

/// Something that must not wait for ever. Belongs to one thread.
class Deadlines::Watch {
public:
    explicit Watch(Deadlines& owner) : owner_(owner) {}
    Watch(const Watch&) = delete;
    virtual ~Watch() { unlink(); }

    /// From now until stop(), or until expired() was called once.
    void start(Instant until);
    void stop() { running_ = false; }

protected:
    /// Cancels what is waited for. Must not destroy a watch.
    virtual void expired() = 0;

private:
    friend class Deadlines;
    void unlink();

    Deadlines& owner_;
    Watch* next_ = nullptr;
    Watch* previous_ = nullptr;
    Instant until_{};
    bool running_ = false;
    bool linked_ = false;
};

} // namespace posthouse::net
