// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace posthouse::gate {

/// Counts the sessions of all threads, in all and by client, so that no client takes the places
/// of the others. A client is an IPv4 address, or the /64 that an IPv6 address is in: whoever has
/// one address there has them all.
class Census {
public:
    struct Limits {
        std::size_t sessions = 10'000;
        std::size_t sessions_per_client = 100;
    };
    enum class Full : std::uint8_t { all, client };

    /// A session's place; given back when it goes. The census must outlive it.
    class Place {
    public:
        Place(Place&& other) noexcept
            : census_(std::exchange(other.census_, nullptr)),
              client_(other.client_)
        {
        }
        Place& operator=(Place&&) = delete;
        ~Place()
        {
            if (census_ != nullptr)
                census_->leave(client_);
        }

    private:
        friend class Census;
        Place(Census& census, std::uint64_t client) : census_(&census), client_(client) {}
        Census* census_;
        std::uint64_t client_;
    };

    std::expected<Place, Full> enter(const boost::asio::ip::address&, const Limits&);
    std::size_t sessions() const;

private:
    void leave(std::uint64_t client);

    mutable std::mutex mutex_;
    std::size_t sessions_ = 0;
    std::unordered_map<std::uint64_t, std::size_t> clients_;
};

} // namespace posthouse::gate
