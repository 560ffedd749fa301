// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <mutex>
#include <string>
#include <string_view>

namespace posthouse::sources {

/// Whether a server was there when it was last looked for, and when to look again; shared by the
/// threads that ask it. Logs the changes: "source.unreachable", "source.reachable".
class Health {
public:
    static constexpr Duration first_pause = std::chrono::milliseconds(250);
    static constexpr Duration longest_pause = std::chrono::seconds(5);

    Health(std::string source, std::string server)
        : source_(std::move(source)),
          server_(std::move(server))
    {
    }
    bool may_try(Instant now) const;
    void failed(Instant now, std::string_view reason);
    void worked();

private:
    std::string source_, server_;
    mutable std::mutex lock_;
    Instant not_before_{};
    Duration pause_{};
};

} // namespace posthouse::sources
