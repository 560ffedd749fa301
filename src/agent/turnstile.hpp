// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "base/time.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace posthouse::agent {

/// So many at one time, in all and for each key, in the order they came; a key that is busy holds
/// up nobody else.
class Turnstile {
public:
    struct Terms {
        std::size_t in_all = 20;
    };
    Turnstile(boost::asio::io_context&, Terms);
    ~Turnstile();

    void set_terms(Terms);

    /// A place, given back when it goes.
    class Place {
    public:
        Place() = default;
        Place(Place&&) noexcept;
        Place& operator=(Place&&) = delete;
        ~Place();
        explicit operator bool() const { return turnstile_ != nullptr; }

    private:
        friend class Turnstile;
        Place(Turnstile* turnstile, std::string key) : turnstile_(turnstile), key_(std::move(key))
        {
        }
        Turnstile* turnstile_ = nullptr;
        std::string key_;
    };
    struct Wish {
        std::string key;
        std::size_t of_key = 1;
        Instant deadline;
    };
    /// No place: none became free by then.
    Task<Place> enter(Wish);

private:
    struct Waiting;
    bool is_free(const std::string& key, std::size_t of_key) const;
    void leave(const std::string& key);
    void admit();

    boost::asio::io_context& context_;
    Terms terms_;
    std::size_t inside_ = 0;
    std::map<std::string, std::size_t> by_key_;
    std::list<std::shared_ptr<Waiting>> waiting_;
};

} // namespace posthouse::agent
