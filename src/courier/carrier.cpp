// SPDX-License-Identifier: Apache-2.0
#include "courier/carrier.hpp"

#include "courier/delivery.hpp"

namespace posthouse::courier {

Carrier::Carrier(net::Deadlines& deadlines, TargetSource& targets,
                 std::shared_ptr<const Policy> policy)
    : deadlines_(deadlines),
      targets_(targets),
      policy_(std::move(policy)),
      pool_(deadlines)
{
}

Task<wire::Attempted> Carrier::attempt(Order order)
{
    Delivery delivery(*this, std::move(order));
    co_return co_await delivery.run();
}

Task<wire::Verified> Carrier::verify(wire::Verify question)
{
    Delivery delivery(*this, std::move(question));
    co_return co_await delivery.verify();
}

void Carrier::configure(std::shared_ptr<const Policy> policy)
{
    policy_ = std::move(policy);
    without_tls_.clear();
    pool_.clear();
}

std::unique_ptr<Connection> Carrier::take_idle(const std::string& site)
{
    return pool_.take(site);
}

std::unique_ptr<Connection> Carrier::make_connection(Place place,
                                                     std::shared_ptr<const Terms> terms) const
{
    return std::make_unique<Connection>(std::move(place), policy_, std::move(terms), deadlines_);
}

void Carrier::give_back(const std::string& site, std::unique_ptr<Connection> connection)
{
    if (connection->policy() == policy_)
        pool_.put(site, std::move(connection));
    else
        pool_.dismiss(std::move(connection));
}

bool Carrier::take_room(std::uint64_t bytes)
{
    if (bytes > Limits::converted_bytes_in_all - converting_bytes_)
        return false;
    converting_bytes_ += bytes;
    return true;
}

bool Carrier::is_without_tls(const std::string& host) const
{
    const auto found = without_tls_.find(host);
    return found != without_tls_.end() && Instant::clock::now() < found->second;
}

void Carrier::remember_without_tls(const std::string& host)
{
    const auto now = Instant::clock::now();
    if (without_tls_.size() >= Limits::remembered_hosts)
        std::erase_if(without_tls_, [&](const auto& entry) { return entry.second <= now; });
    if (without_tls_.size() < Limits::remembered_hosts)
        without_tls_[host] = now + Limits::remember_host;
}

} // namespace posthouse::courier
