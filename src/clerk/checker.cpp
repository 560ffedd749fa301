// SPDX-License-Identifier: Apache-2.0
#include "clerk/checker.hpp"

#include "clerk/brake.hpp"
#include "directory/password.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace asio = boost::asio;

namespace posthouse::clerk {
namespace {

/// On one of the checker's threads.
Task<bool> check(Secret password, std::string verifier)
{
    if (!directory::is_verifier(verifier))
        co_return directory::verify_decoy(password);
    co_return directory::verify_password(password, verifier);
}

} // namespace

Checker::Checker(const Limits& limits) : limits_(limits), threads_(limits.threads) {}

Checker::Place Checker::take(std::string_view client_address)
{
    auto key = client_key(client_address);
    const auto found = by_client_.find(key);
    if (under_way_ >= limits_.under_way ||
        (found != by_client_.end() && found->second >= limits_.under_way_per_client))
        return {nullptr, {}};
    ++under_way_;
    ++by_client_[key];
    return {this, std::move(key)};
}

Checker::Place::Place(Place&& other) noexcept
    : checker_(std::exchange(other.checker_, nullptr)),
      client_(std::move(other.client_))
{
}

Checker::Place::~Place()
{
    if (checker_ == nullptr)
        return;
    --checker_->under_way_;
    const auto found = checker_->by_client_.find(client_);
    if (--found->second == 0)
        checker_->by_client_.erase(found);
}

Task<bool> Checker::verify(Secret password, std::string verifier)
{
    co_return co_await asio::co_spawn(threads_, check(std::move(password), std::move(verifier)),
                                      asio::use_awaitable);
}

} // namespace posthouse::clerk
