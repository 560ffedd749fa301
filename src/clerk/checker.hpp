// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "base/task.hpp"

#include <boost/asio/thread_pool.hpp>

#include <map>
#include <string>
#include <string_view>

namespace posthouse::clerk {

/// Checks passwords on threads of its own, since each check takes some 50 ms and 64 MiB on
/// purpose. What waits is bounded, in all and for each client, so that one who sends passwords
/// without end does not keep the others out.
class Checker {
public:
    struct Limits {
        std::size_t threads = 2;
        std::size_t under_way = 512;           // waiting ones too
        std::size_t under_way_per_client = 64; // by client_key(): webmail and NAT bring many people
    };

    /// Starts the threads: before confine_calls().
    explicit Checker(const Limits& limits);

    /// The right to have one password checked, given back when it is destroyed.
    class Place {
    public:
        Place(Place&& other) noexcept;
        Place& operator=(Place&&) = delete;
        ~Place();
        explicit operator bool() const { return checker_ != nullptr; }

    private:
        friend class Checker;
        Place(Checker* checker, std::string client) : checker_(checker), client_(std::move(client))
        {
        }
        Checker* checker_;
        std::string client_;
    };
    /// False in a condition: too much is under way.
    Place take(std::string_view client_address);

    /// An empty verifier is a user who does not exist: that takes as long.
    Task<bool> verify(Secret password, std::string verifier);

private:
    Limits limits_;
    std::size_t under_way_ = 0;
    std::map<std::string, std::size_t> by_client_;
    boost::asio::thread_pool threads_;
};

} // namespace posthouse::clerk
