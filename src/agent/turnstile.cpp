// SPDX-License-Identifier: Apache-2.0
#include "agent/turnstile.hpp"

#include "base/contract.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace asio = boost::asio;

namespace posthouse::agent {

struct Turnstile::Waiting {
    std::string key;
    std::size_t of_key;
    asio::steady_timer timer;
    bool admitted = false;
};

Turnstile::Turnstile(asio::io_context& context, Terms terms) : context_(context), terms_(terms) {}

Turnstile::~Turnstile() = default;

Turnstile::Place::Place(Place&& other) noexcept
    : turnstile_(std::exchange(other.turnstile_, nullptr)),
      key_(std::move(other.key_))
{
}

Turnstile::Place::~Place()
{
    if (turnstile_ != nullptr)
        turnstile_->leave(key_);
}

void Turnstile::set_terms(Terms terms)
{
    terms_ = terms;
    admit();
}

bool Turnstile::is_free(const std::string& key, std::size_t of_key) const
{
    const auto found = by_key_.find(key);
    return inside_ < terms_.in_all && (found == by_key_.end() || found->second < of_key);
}

Task<Turnstile::Place> Turnstile::enter(Wish wish)
{
    const auto waiting = std::make_shared<Waiting>(wish.key, wish.of_key,
                                                   asio::steady_timer(context_, wish.deadline));
    waiting_.push_back(waiting);
    admit();
    if (!waiting->admitted)
        co_await waiting->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (waiting->admitted)
        co_return Place(this, std::move(wish.key));
    waiting_.remove(waiting);
    co_return Place();
}

void Turnstile::leave(const std::string& key)
{
    const auto found = by_key_.find(key);
    expects(inside_ > 0 && found != by_key_.end());
    --inside_;
    if (--found->second == 0)
        by_key_.erase(found);
    admit();
}

void Turnstile::admit()
{
    for (auto i = waiting_.begin(); i != waiting_.end() && inside_ < terms_.in_all;) {
        auto& waiting = **i;
        if (!is_free(waiting.key, waiting.of_key)) {
            ++i;
            continue;
        }
        ++inside_;
        ++by_key_[waiting.key];
        waiting.admitted = true;
        waiting.timer.cancel();
        i = waiting_.erase(i);
    }
}

} // namespace posthouse::agent
