// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace posthouse::spool {

/// What an attempt says about the site, whatever it says about its recipients.
enum class Health : std::uint8_t {
    answered, // it spoke SMTP with us to the end, if only to refuse a recipient
    troubled, // unreachable, 421, timed out, cut off
    unknown,  // the attempt never got that far (DNS failed, our own fault): changes nothing
};

/// How one site's window and back-off behave.
struct SitePolicy {
    std::uint32_t initial_attempts = 5; // at a time
    std::uint32_t most_attempts = 20;   // at a time
    std::chrono::seconds first_back_off = std::chrono::minutes(1);
    std::chrono::seconds longest_back_off = std::chrono::hours(1);
    std::uint32_t letters_per_minute = 0; // attempts begun; 0: as many as there are
    std::chrono::seconds ceiling_holds = std::chrono::hours(1); // after "too many connections"
};

/// One site's health: how many attempts it may have at a time, and whether it is left alone.
///
/// The window opens by one with each answer until the first trouble, and by one a windowful after
/// it; each trouble halves it. (Postfix's queue manager has the same shape: feedback by
/// 1/concurrency, and a site is dead after one failed pseudo-cohort.) When trouble without an
/// answer in between adds up to one windowful, the site is dead: nothing is sent to it for the
/// back-off, then one attempt at a time (the probe) until one is answered. Each probe that finds
/// trouble doubles the back-off. The wait is stretched by up to a quarter by chance, so that sites
/// that died together are not probed together.
class SiteHealth {
public:
    enum class State : std::uint8_t { alive, dead, probing };

    explicit SiteHealth(const SitePolicy&);

    State state() const { return state_; }
    /// How many attempts may be under way now: 0 when dead, 1 when probing.
    std::uint32_t allowed(Timestamp now) const;
    /// Set when dead.
    std::optional<Timestamp> dead_until() const;

    void report(Health, const SitePolicy&, Timestamp now, Random&);
    /// The site said that it takes no more than this many connections from us.
    void limit(std::uint32_t attempts, const SitePolicy&, Timestamp now);
    /// The back-off is over, or the administrator does not want to wait for it.
    void probe();

private:
    void grow(const SitePolicy&);
    void shrink(const SitePolicy&, Timestamp now, Random&);
    void die(const SitePolicy&, Timestamp now, Random&);

    double window_;
    double trouble_ = 0; // windowfuls without an answer in between
    Timestamp until_{};
    Timestamp ceiling_until_{};
    std::chrono::seconds back_off_{0}; // the last one; 0 when none
    std::uint32_t ceiling_ = 0;
    State state_ = State::alive;
    bool opening_ = true; // no trouble yet: the window opens fast
};

} // namespace posthouse::spool
