// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"
#include "wire/messages.pb.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace posthouse::gate {

/// Connections to the outside for the sessions of one thread. A gate may open none: the supervisor
/// does (process/doors.hpp), and hands it over.
class Outside {
public:
    struct Limits {
        static constexpr std::size_t waiting = 8192;
    };
    /// A socket that is connected or connecting, and non-blocking; or none, and why.
    using Answer = std::function<void(UniqueFd, std::string error)>;
    /// Takes a request to the supervisor; what comes of it is said by connected().
    using Send = std::function<void(wire::Control::Connect)>;

    explicit Outside(Send send) : send_(std::move(send)) {}

    /// The answer comes later and once, or never: the supervisor may have too much to do. `request`
    /// needs no id. Returns what to forget() it by.
    std::uint64_t ask(wire::Control::Connect request, Answer);
    /// Nobody waits for the answer any more.
    void forget(std::uint64_t id) { waiting_.erase(id); }

    void connected(std::uint64_t id, UniqueFd, std::string error);

private:
    Send send_;
    std::map<std::uint64_t, Answer> waiting_;
    std::uint64_t last_id_ = 0;
};

} // namespace posthouse::gate
