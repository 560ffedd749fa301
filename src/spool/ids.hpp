// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::spool {

/// The queue is cut into this many partitions, for ever.
constexpr std::size_t shards = 64;

/// Names a letter for good. Ids grow with time; the low six bits are the shard.
/// Shown as 13 characters of base 32.
struct LetterId {
    std::uint64_t value = 0;

    std::size_t shard() const { return value % shards; }
    /// When it was made, to the millisecond.
    Timestamp made_at() const;
    std::string text() const;
    static std::optional<LetterId> parse(std::string_view);
    auto operator<=>(const LetterId&) const = default;
};

/// One recipient of one letter at one destination. A keyed hash of the three, so that routing a
/// letter again after a crash makes the same deliveries.
struct DeliveryId {
    std::uint64_t value = 0;
    auto operator<=>(const DeliveryId&) const = default;
};

/// Makes letter ids; one for a process.
class LetterIds {
public:
    explicit LetterIds(Random&);
    LetterId next(Timestamp now);
    /// In the same shard as `sibling`, so that one commit can speak of both.
    LetterId next_beside(LetterId sibling, Timestamp now);

private:
    std::uint64_t counter_;
};

/// Keyed with a secret of the store, so that nobody can choose recipients whose ids collide.
class DeliveryIds {
public:
    static constexpr std::size_t key_bytes = 16;
    explicit DeliveryIds(std::string key);
    DeliveryId make(LetterId, std::string_view final_recipient, std::string_view destination) const;

private:
    std::string key_;
};

} // namespace posthouse::spool
