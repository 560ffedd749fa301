// SPDX-License-Identifier: Apache-2.0
#include "spool/site.hpp"

#include <algorithm>

namespace posthouse::spool {

SiteHealth::SiteHealth(const SitePolicy& policy)
    : window_(std::clamp(policy.initial_attempts, 1u, std::max(policy.most_attempts, 1u)))
{
}

std::uint32_t SiteHealth::allowed(Timestamp now) const
{
    if (state_ == State::dead)
        return 0;
    if (state_ == State::probing)
        return 1;
    const auto open = static_cast<std::uint32_t>(window_);
    return now < ceiling_until_ ? std::min(open, ceiling_) : open;
}

std::optional<Timestamp> SiteHealth::dead_until() const
{
    return state_ == State::dead ? std::optional(until_) : std::nullopt;
}

void SiteHealth::report(Health health, const SitePolicy& policy, Timestamp now, Random& random)
{
    switch (health) {
    case Health::unknown:
        return;
    case Health::answered:
        if (state_ != State::alive) { // Even one that set out before the site was given up.
            state_ = State::alive;
            window_ = 1;
            opening_ = true;
        }
        trouble_ = 0;
        grow(policy);
        return;
    case Health::troubled:
        if (state_ == State::probing)
            die(policy, now, random);
        else if (state_ == State::alive)
            shrink(policy, now, random);
        return; // Dead: that it is in trouble is known.
    }
}

void SiteHealth::limit(std::uint32_t attempts, const SitePolicy& policy, Timestamp now)
{
    ceiling_ = std::max(attempts, 1u);
    ceiling_until_ = now + policy.ceiling_holds;
}

void SiteHealth::probe()
{
    if (state_ == State::dead)
        state_ = State::probing;
}

void SiteHealth::grow(const SitePolicy& policy)
{
    window_ += opening_ ? 1 : 1 / window_;
    window_ = std::min<double>(window_, std::max(policy.most_attempts, 1u));
    if (window_ >= std::min(policy.initial_attempts, policy.most_attempts))
        back_off_ =
            std::chrono::seconds(0); // Well again: the next death starts from the beginning.
}

void SiteHealth::shrink(const SitePolicy& policy, Timestamp now, Random& random)
{
    trouble_ += 1 / window_;
    window_ = std::max(1.0, window_ / 2);
    opening_ = false;
    if (trouble_ >= 1)
        die(policy, now, random);
}

void SiteHealth::die(const SitePolicy& policy, Timestamp now, Random& random)
{
    back_off_ = back_off_.count() == 0 ? policy.first_back_off
                                       : std::min(back_off_ * 2, policy.longest_back_off);
    const std::chrono::microseconds wait = back_off_;
    const auto chance = random.below(static_cast<std::uint64_t>(wait.count() / 4 + 1));
    until_ = now + wait + std::chrono::microseconds(static_cast<std::int64_t>(chance));
    trouble_ = 0;
    state_ = State::dead;
}

} // namespace posthouse::spool
