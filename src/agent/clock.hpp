// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <thread>

namespace posthouse::agent {

/// A delivery's process waits for locks with plain blocking code; a test's clock only says so.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() { return Instant::clock::now(); }
    virtual Timestamp wall() { return wall_clock(); }
    virtual void pause(Duration time) { std::this_thread::sleep_for(time); }
};

} // namespace posthouse::agent
