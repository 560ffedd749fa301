// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace posthouse::cli {

/// One line that is written over itself, at a terminal only.
class ProgressLine {
public:
    explicit ProgressLine(const Context&);
    ~ProgressLine();
    /// `of`: 0 where nobody knows how much there will be.
    void show(std::uint64_t done, std::uint64_t of, const std::string& words);

private:
    const Console& console_;
    bool shown_ = false, wanted_ = false;
    std::chrono::steady_clock::time_point next_{};
};

} // namespace posthouse::cli
