// SPDX-License-Identifier: Apache-2.0
#include "net/deadlines.hpp"

#include "base/contract.hpp"

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

void Deadlines::arm()
{
    if (armed_ || first_ == nullptr)
        return;
    armed_ = true;
    timer_.expires_after(tick_);
    timer_.async_wait([this](boost::system::error_code error) {
        if (error)
            return;
        armed_ = false;
        sweep(Instant::clock::now());
        arm();
    });
}

void Deadlines::sweep(Instant now)
{
    for (auto* watch = first_; watch != nullptr; watch = watch->next_)
        if (watch->running_ && watch->until_ <= now) {
            watch->running_ = false;
            watch->expired();
        }
}

void Deadlines::Watch::start(Instant until)
{
    until_ = until;
    running_ = true;
    if (linked_)
        return;
    linked_ = true;
    next_ = owner_.first_;
    if (next_ != nullptr)
        next_->previous_ = this;
    owner_.first_ = this;
    owner_.arm();
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
        owner_.timer_.cancel();
    }
}

} // namespace posthouse::net
