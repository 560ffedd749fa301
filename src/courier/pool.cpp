// SPDX-License-Identifier: Apache-2.0
#include "courier/pool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <iterator>

namespace asio = boost::asio;

namespace posthouse::courier {
namespace {

/// How long a connection that the host has closed may stay unnoticed.
constexpr auto longest_sweep = std::chrono::seconds(5);

} // namespace

Pool::Pool(net::Deadlines& deadlines) : context_(deadlines.context()), timer_(context_) {}

std::unique_ptr<Connection> Pool::take(const std::string& site)
{
    for (;;) {
        const auto found = by_site_.find(site);
        if (found == by_site_.end())
            return nullptr;
        auto connection = remove(found->second.back());
        if (connection->is_quiet() && connection->is_worth_keeping(Instant::clock::now()))
            return connection;
        dismiss(std::move(connection));
    }
}

void Pool::put(const std::string& site, std::unique_ptr<Connection> connection)
{
    const auto now = Instant::clock::now();
    if (!connection->is_worth_keeping(now) || connection->policy()->reuse <= Duration::zero())
        return dismiss(std::move(connection));
    if (idle_.size() >= Limits::idle_connections)
        dismiss(remove(idle_.begin()));
    const auto until = now + connection->policy()->reuse;
    idle_.push_back({site, std::move(connection), until});
    by_site_[site].push_back(std::prev(idle_.end()));
    arm();
}

std::unique_ptr<Connection> Pool::remove(Position position)
{
    auto connection = std::move(position->connection);
    const auto found = by_site_.find(position->site);
    auto& positions = found->second;
    if (positions.back() == position)
        positions.pop_back();
    else
        positions.erase(std::ranges::find(positions, position));
    if (positions.empty())
        by_site_.erase(found);
    idle_.erase(position);
    return connection;
}

void Pool::clear()
{
    while (!idle_.empty())
        dismiss(remove(idle_.begin()));
    timer_.cancel();
}

// ---- Time -----------------------------------------------------------------------------------

void Pool::arm()
{
    if (armed_ || idle_.empty())
        return;
    armed_ = true;
    timer_.expires_at(
        std::min(idle_.front().until, Instant::clock::now() + Duration(longest_sweep)));
    timer_.async_wait([this](boost::system::error_code error) {
        armed_ = false;
        if (!error)
            sweep(Instant::clock::now());
        arm();
    });
}

void Pool::sweep(Instant now)
{
    for (auto each = idle_.begin(); each != idle_.end();) {
        const auto position = each++;
        if (position->until <= now || !position->connection->is_quiet())
            dismiss(remove(position));
    }
}

// ---- Leave ----------------------------------------------------------------------------------

void Pool::dismiss(std::unique_ptr<Connection> connection)
{
    if (leaving_ >= Limits::leaving_connections)
        return connection->close();
    ++leaving_;
    asio::co_spawn(context_, take_leave(this, std::move(connection)), asio::detached);
}

Task<void> Pool::take_leave(Pool* pool, std::unique_ptr<Connection> connection)
{
    co_await connection->leave();
    --pool->leaving_;
}

} // namespace posthouse::courier
