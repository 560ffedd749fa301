// SPDX-License-Identifier: Apache-2.0
#include "gate/outside.hpp"

#include <utility>

namespace posthouse::gate {

std::uint64_t Outside::ask(wire::Control::Connect request, Answer answer)
{
    const auto id = ++last_id_;
    if (waiting_.size() >= Limits::waiting) // Those that were never answered go first.
        waiting_.erase(waiting_.begin());
    waiting_.emplace(id, std::move(answer));
    request.set_id(id);
    if (send_)
        send_(std::move(request));
    return id;
}

void Outside::connected(std::uint64_t id, UniqueFd socket, std::string error)
{
    if (auto found = waiting_.extract(id)) {
        if (!socket && error.empty())
            error = "no connection";
        found.mapped()(std::move(socket), std::move(error));
    }
}

} // namespace posthouse::gate
