// SPDX-License-Identifier: Apache-2.0
#include "spool/ids.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <sodium.h>

namespace posthouse::spool {
namespace {

// 42 bits of milliseconds since 2025-01-01 (till 2164), 16 bits of a counter, 6 bits of shard.
constexpr std::int64_t epoch_ms = 1'735'689'600'000;
constexpr int shard_bits = 6;
constexpr int counter_bits = 16;

LetterId compose(Timestamp now, std::uint64_t counter, std::uint64_t shard)
{
    const auto ms = static_cast<std::uint64_t>(to_microseconds(now) / 1000 - epoch_ms);
    const auto count = counter & ((1u << counter_bits) - 1);
    return {(ms << counter_bits | count) << shard_bits | shard};
}

} // namespace

Timestamp LetterId::made_at() const
{
    const auto ms = static_cast<std::int64_t>(value >> (counter_bits + shard_bits)) + epoch_ms;
    return from_microseconds(ms * 1000);
}

std::string LetterId::text() const
{
    return base32_encode(value);
}

std::optional<LetterId> LetterId::parse(std::string_view text)
{
    const auto value = base32_decode(text);
    if (!value)
        return std::nullopt;
    return LetterId{*value};
}

LetterIds::LetterIds(Random& random) : counter_(random.next()) {}

LetterId LetterIds::next(Timestamp now)
{
    ++counter_;
    return compose(now, counter_, counter_ % shards);
}

LetterId LetterIds::next_beside(LetterId sibling, Timestamp now)
{
    return compose(now, ++counter_, sibling.shard());
}

DeliveryIds::DeliveryIds(std::string key) : key_(std::move(key))
{
    static_assert(key_bytes == crypto_shorthash_KEYBYTES);
    expects(key_.size() == key_bytes);
}

DeliveryId DeliveryIds::make(LetterId letter, std::string_view recipient,
                             std::string_view destination) const
{
    std::string text;
    text.reserve(9 + recipient.size() + destination.size());
    append_u64(text, letter.value);
    text += recipient;
    text += '\0';
    text += destination;
    unsigned char hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                     reinterpret_cast<const unsigned char*>(key_.data()));
    return {read_u64({reinterpret_cast<const char*>(hash), sizeof hash})};
}

} // namespace posthouse::spool
