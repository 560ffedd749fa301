// SPDX-License-Identifier: Apache-2.0
#include "cli/progress_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <unistd.h>

namespace posthouse::cli {

ProgressLine::ProgressLine(const Context& context)
    : console_(context.console),
      wanted_(context.output == Output::text && context.console.look == Look::coloured &&
              ::isatty(STDERR_FILENO) == 1)
{
}

ProgressLine::~ProgressLine()
{
    if (shown_)
        console_.err << "\r\x1b[K" << std::flush;
}

void ProgressLine::show(std::uint64_t done, std::uint64_t of, const std::string& words)
{
    const auto now = std::chrono::steady_clock::now();
    if (!wanted_ || now < next_)
        return;
    next_ = now + std::chrono::milliseconds(200);
    shown_ = true;
    std::string bar;
    if (of != 0) {
        constexpr std::uint64_t width = 24;
        const auto full = std::min(width, width * done / of);
        bar = fmt::format("[{}{}] {:3}%  ", std::string(full, '='), std::string(width - full, ' '),
                          std::min<std::uint64_t>(100, 100 * done / of));
    }
    console_.err << "\r\x1b[K" << bar << words << std::flush;
}

} // namespace posthouse::cli
