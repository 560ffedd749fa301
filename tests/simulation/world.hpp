// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/contract.hpp"
#include "base/random.hpp"
#include "base/time.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <utility>
#include <vector>

/// A world of its own: its time passes when nothing is left to do, its chance comes from a seed.
namespace posthouse::simulation {

using Micros = std::chrono::microseconds;

class World {
public:
    explicit World(std::uint64_t seed) : random_(seed) {}

    void after(Micros delay, std::function<void()> event)
    {
        events_.push({now_ + delay, ++sequence_, std::move(event)});
    }

    /// False when nothing happens any more.
    bool step()
    {
        if (events_.empty())
            return false;
        auto event = std::move(const_cast<Event&>(events_.top()));
        events_.pop();
        now_ = event.at;
        ++steps_;
        event.act();
        return true;
    }

    Micros now() const { return now_; }
    Timestamp timestamp() const { return from_microseconds(1'700'000'000'000'000) + now_; }
    Timestamp at(Micros when) const { return from_microseconds(1'700'000'000'000'000) + when; }
    Instant instant() const { return Instant(std::chrono::hours(1)) + now_; }
    Micros until(Instant when) const { return std::chrono::ceil<Micros>(when - instant()); }
    std::uint64_t steps() const { return steps_; }

    Random& random() { return random_; }
    std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
    bool one_in(std::uint64_t many) { return random_.below(many) == 0; }
    Micros between(Micros least, Micros most)
    {
        const auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
        return least + Micros(static_cast<std::int64_t>(random_.below(span)));
    }

    /// Faults happen by chance until then.
    Micros calm_after{0};
    bool stormy() const { return now_ < calm_after; }

private:
    struct Event {
        Micros at;
        std::uint64_t sequence;
        std::function<void()> act;
        bool operator<(const Event& other) const // The earliest is the greatest.
        {
            return std::pair(at, sequence) > std::pair(other.at, other.sequence);
        }
    };

    SeededRandom random_;
    std::priority_queue<Event> events_;
    Micros now_{0};
    std::uint64_t sequence_ = 0, steps_ = 0;
};

/// One end of a connection. The other end sees what is sent in order and some time later, or,
/// when the line is cut or goes dead, never.
class Wire : public std::enable_shared_from_this<Wire> {
public:
    struct End {
        std::string inbox{};
        bool closed = false;          // by the other end, or cut
        std::function<void()> wake{}; // something came, or it was closed
        Micros last_arrival{0};
    };

    Wire(World& world, std::uint64_t number, Micros latency)
        : world_(world),
          number_(number),
          latency_(latency)
    {
    }

    std::uint64_t number() const { return number_; }
    End& end(int side) { return ends_[side]; }

    void send(int side, std::string bytes)
    {
        if (world_.stormy() && world_.one_in(150))
            world_.one_in(3) ? go_dead() : cut();
        deliver(side, [bytes = std::move(bytes)](End& to) { to.inbox += bytes; });
    }
    void close(int side)
    {
        deliver(side, [](End& to) { to.closed = true; });
        ends_[side].wake = nullptr;
    }
    /// Both ends learn of it.
    void cut()
    {
        if (std::exchange(dead_, true))
            return;
        broken = true;
        world_.after(latency_, [self = shared_from_this()] {
            for (End& end : self->ends_) {
                end.closed = true;
                if (auto wake = end.wake)
                    wake();
            }
        });
    }
    /// Neither end learns of it.
    void go_dead() { broken = dead_ = true; }

    bool broken = false;

private:
    template <class Change>
    void deliver(int side, Change change)
    {
        End& to = ends_[1 - side];
        const auto slow = world_.between(latency_, latency_ * 2);
        to.last_arrival = std::max(to.last_arrival, world_.now() + slow);
        world_.after(to.last_arrival - world_.now(),
                     [self = shared_from_this(), side, change = std::move(change)] {
                         if (self->dead_)
                             return;
                         End& end = self->ends_[1 - side];
                         change(end);
                         if (auto wake = end.wake)
                             wake();
                     });
    }

    World& world_;
    std::uint64_t number_;
    Micros latency_;
    End ends_[2];
    bool dead_ = false;
};

} // namespace posthouse::simulation
