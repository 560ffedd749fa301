// SPDX-License-Identifier: Apache-2.0
#include "gate/census.hpp"

#include "base/contract.hpp"

namespace posthouse::gate {
namespace {

/// IPv4: its address as ::ffff:0:0/96 would have it, which no /64 of a client equals.
std::uint64_t client_of(const boost::asio::ip::address& address)
{
    if (address.is_v4())
        return address.to_v4().to_uint();
    const auto v6 = address.to_v6();
    if (v6.is_v4_mapped())
        return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6).to_uint();
    std::uint64_t network = 0;
    const auto bytes = v6.to_bytes();
    for (std::size_t i = 0; i < 8; ++i)
        network = network << 8 | bytes[i];
    // ::1 and its like lie in network 0, beside 0.0.0.0, from which nobody connects.
    return network;
}

} // namespace

std::expected<Census::Place, Census::Full> Census::enter(const boost::asio::ip::address& address,
                                                         const Limits& limits)
{
    const auto client = client_of(address);
    const std::lock_guard lock(mutex_);
    if (sessions_ >= limits.sessions)
        return std::unexpected(Full::all);
    const auto found = clients_.find(client);
    if ((found == clients_.end() ? 0 : found->second) >= limits.sessions_per_client)
        return std::unexpected(Full::client);
    ++sessions_;
    ++clients_[client];
    return Place(*this, client);
}

void Census::leave(std::uint64_t client)
{
    const std::lock_guard lock(mutex_);
    const auto found = clients_.find(client);
    expects(sessions_ > 0 && found != clients_.end());
    --sessions_;
    if (--found->second == 0)
        clients_.erase(found);
}

std::size_t Census::sessions() const
{
    const std::lock_guard lock(mutex_);
    return sessions_;
}

} // namespace posthouse::gate
