// SPDX-License-Identifier: Apache-2.0
#include "net/deadlines.hpp"

#include "base/contract.hpp"

#include <algorithm>

namespace posthouse::net {

Deadlines::Deadlines(boost::asio::io_context& context, Duration tick)
    : context_(context),
      timer_(context),
      tick_(tick)
{
}

Deadlines::~Deadlines()
{
    expects(first_ == nullptr);
}

/// Where all that is waited for may take long, nobody is woken meanwhile.
void Deadlines::arm()
{
    armed_ = earliest_ != Instant::max();
    if (!armed_)
        return;
    next_look_ = std::max(earliest_, Instant::clock::now() + tick_);
    timer_.expires_at(next_look_);
    timer_.async_wait([this](boost::system::error_code error) {
        if (error)
            return;
        sweep(Instant::clock::now());
        arm();
    });
}

void Deadlines::note(Instant until)
{
    if (until >= earliest_)
        return;
    earliest_ = until;
    if (!armed_ || until + tick_ < next_look_)
        arm();
}

void Deadlines::sweep(Instant now)
{
    auto earliest = Instant::max();
    for (auto* watch = first_; watch != nullptr; watch = watch->next_) {
        if (watch->running_ && watch->until_ <= now) {
            watch->running_ = false;
            watch->expired();
        }
        if (watch->running_)
            earliest = std::min(earliest, watch->until_);
    }
    earliest_ = earliest; // Those that were stopped since count no more.
}

void Deadlines::Watch::start(Instant until)
{
    until_ = until;
    running_ = true;
    if (!linked_) {
        linked_ = true;
        next_ = owner_.first_;
        if (next_ != nullptr)
            next_->previous_ = this;
        owner_.first_ = this;
    }
    owner_.note(until);
}

void Deadlines::Watch::unlink()
{
    if (!linked_)
        return;
    if (next_ != nullptr)
        next_->previous_ = previous_;
    (previous_ != nullptr ? previous_->next_ : owner_.first_) = next_;
    linked_ = false;
    if (owner_.first_ == nullptr && owner_.armed_) {
        owner_.armed_ = false;
        owner_.earliest_ = Instant::max();
        owner_.timer_.cancel();
    }
}

} // namespace posthouse::net
