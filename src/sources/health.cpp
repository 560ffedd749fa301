// SPDX-License-Identifier: Apache-2.0
#include "sources/health.hpp"

#include "base/log.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace posthouse::sources {

bool Health::may_try(Instant now) const
{
    const std::lock_guard hold(lock_);
    return now >= not_before_;
}

void Health::failed(Instant now, std::string_view reason)
{
    const std::lock_guard hold(lock_);
    if (pause_ == Duration::zero())
        log::warning(
            "source.unreachable",
            {{"source", source_}, {"server", server_}, {"reason", printable(reason, 256)}});
    if (now < not_before_)
        return; // Another thread has found out the same.
    pause_ = std::clamp(2 * pause_, first_pause, longest_pause);
    not_before_ = now + pause_;
}

void Health::worked()
{
    const std::lock_guard hold(lock_);
    if (pause_ != Duration::zero())
        log::info("source.reachable", {{"source", source_}, {"server", server_}});
    pause_ = Duration::zero();
    not_before_ = {};
}

} // namespace posthouse::sources
