// SPDX-License-Identifier: Apache-2.0
#include "mailbox/common_room.hpp"

namespace posthouse::mailbox {

void CommonRoom::count(AccountId id, Held held)
{
    auto& before = each_[id];
    all_.bytes += held.bytes - before.bytes;
    all_.messages += held.messages - before.messages;
    before = held;
}

void CommonRoom::found(AccountId id, Held held)
{
    if (!each_.contains(id))
        count(id, held);
}

bool CommonRoom::has_room(std::int64_t bytes, std::int64_t messages) const
{
    // What makes it no fuller is let in, however full it is.
    const auto fits = [](std::uint64_t held, std::int64_t more, std::uint64_t limit) {
        return limit == 0 || more <= 0 ||
               (held <= limit && static_cast<std::uint64_t>(more) <= limit - held);
    };
    return fits(all_.bytes, bytes, limits_.bytes) &&
           fits(all_.messages, messages, limits_.messages);
}

bool CommonRoom::is_full() const
{
    return (limits_.bytes != 0 && all_.bytes >= limits_.bytes) ||
           (limits_.messages != 0 && all_.messages >= limits_.messages);
}

} // namespace posthouse::mailbox
