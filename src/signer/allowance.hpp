// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <algorithm>

namespace posthouse::signer {

/// So many at once, and so many a second in the long run.
class Allowance {
public:
    struct Limits {
        double at_once = 2000;
        double a_second = 2000; // More handshakes than the cores of a gate make.
    };

    explicit Allowance(Limits limits) : limits_(limits), left_(limits.at_once) {}

    /// False: not now.
    bool take(Instant now)
    {
        const std::chrono::duration<double> since = now - last_;
        left_ = std::min(limits_.at_once, left_ + std::max(0.0, since.count()) * limits_.a_second);
        last_ = now;
        if (left_ < 1)
            return false;
        left_ -= 1;
        return true;
    }

private:
    Limits limits_;
    double left_;
    Instant last_{};
};

} // namespace posthouse::signer
