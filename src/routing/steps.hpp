// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/text.hpp"
#include "routing/engine.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

namespace posthouse::routing {

/// What each rule that looked at it saw, for the administrator.
class Steps {
public:
    static constexpr std::size_t most = 2000; // lines; a large list has more

    explicit Steps(Telling telling) : telling_(telling) {}

    template <typename... Words>
    void operator()(fmt::format_string<Words...> format, Words&&... words)
    {
        if (telling_ == Telling::brief || lines_.size() > most)
            return;
        lines_.push_back(lines_.size() == most
                             ? "… and more"
                             : printable(fmt::format(format, std::forward<Words>(words)...)));
    }
    bool telling() const { return telling_ == Telling::steps; }
    std::vector<std::string> take() { return std::move(lines_); }

private:
    Telling telling_;
    std::vector<std::string> lines_;
};

} // namespace posthouse::routing
