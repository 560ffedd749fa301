// SPDX-License-Identifier: Apache-2.0
#include "sources/find_cache.hpp"

#include <utility>

namespace posthouse::sources {

std::optional<Reply> FindCache::find(const std::string& address, Instant now)
{
    for (auto* entries : {&young_, &old_}) {
        const auto found = entries->find(address);
        if (found == entries->end())
            continue;
        if (found->second.until > now)
            return found->second.reply;
        entries->erase(found);
    }
    return std::nullopt;
}

void FindCache::put(const std::string& address, Reply reply, Instant now)
{
    if (span_ <= Duration::zero())
        return;
    if (young_.size() >= most_ / 2)
        old_ = std::exchange(young_, {});
    old_.erase(address);
    young_.insert_or_assign(address, Kept{std::move(reply), now + span_});
}

} // namespace posthouse::sources
