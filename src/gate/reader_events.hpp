// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/mailboxes.pb.h"

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <utility>

namespace posthouse::gate {

/// Hands what the keeper tells about mailboxes to the session it is for. Of one thread.
class ReaderEvents {
public:
    using Listener = std::function<void(const wire::MailboxEvent&)>;

    void listen(std::uint64_t session, Listener listener)
    {
        listeners_.insert_or_assign(session, std::move(listener));
    }
    void forget(std::uint64_t session) { listeners_.erase(session); }
    void tell(const wire::MailboxEvent& event)
    {
        const auto found = listeners_.find(event.session());
        if (found == listeners_.end())
            return;
        const auto listener = found->second; // It may forget itself.
        listener(event);
    }

private:
    std::unordered_map<std::uint64_t, Listener> listeners_;
};

} // namespace posthouse::gate
