// SPDX-License-Identifier: Apache-2.0
#include "spool/keys.hpp"

#include "base/contract.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

namespace posthouse::spool::keys {
namespace {

std::string with_id(char kind, LetterId id)
{
    std::string key(1, kind);
    append_u64(key, id.value);
    return key;
}

std::uint64_t sortable(Timestamp at)
{
    return static_cast<std::uint64_t>(to_microseconds(at));
}

} // namespace

store::PartitionId shard(std::size_t number)
{
    expects(number < shards);
    return {fmt::format("q/{:02}", number)};
}

std::string letter(LetterId id)
{
    return with_id('l', id);
}

std::string recipients(LetterId id, std::uint32_t page)
{
    auto key = with_id('r', id);
    append_u32(key, page);
    return key;
}

std::string deliveries(LetterId id)
{
    return with_id('d', id);
}

std::string delivery(LetterId id, DeliveryId delivery)
{
    auto key = deliveries(id);
    append_u64(key, delivery.value);
    return key;
}

std::string events(LetterId id)
{
    return with_id('e', id);
}

std::string event(LetterId id, Timestamp at, std::uint32_t number)
{
    auto key = events(id);
    append_u64(key, sortable(at));
    append_u32(key, number);
    return key;
}

std::string notices(LetterId id)
{
    return with_id('f', id);
}

std::string notice(LetterId id, DeliveryId delivery)
{
    auto key = notices(id);
    append_u64(key, delivery.value);
    return key;
}

std::string edits(LetterId id)
{
    return with_id('g', id);
}

std::string expansions(LetterId id)
{
    return with_id('y', id);
}

std::string expansion(LetterId id, DeliveryId delivery)
{
    auto key = expansions(id);
    append_u64(key, delivery.value);
    return key;
}

std::string closing(LetterId id)
{
    return with_id('k', id);
}
std::string unsorted(LetterId id)
{
    return with_id('a', id);
}
std::string held(LetterId id)
{
    return with_id('h', id);
}
std::string release(store::BlobId id)
{
    return std::string(release_prefix) + id.bytes();
}

LetterId letter_in(std::string_view row_key)
{
    return {read_u64(row_key.substr(1))};
}
DeliveryId delivery_in(std::string_view row_key)
{
    return {read_u64(row_key.substr(9))};
}

std::string due_prefix(std::string_view destination)
{
    std::string key("w");
    key += destination;
    key += '\0';
    return key;
}

std::string due(std::string_view destination, std::uint32_t priority, Timestamp at, LetterId letter,
                DeliveryId delivery)
{
    auto key = due_prefix(destination);
    key += static_cast<char>(priority);
    append_u64(key, sortable(at));
    append_u64(key, letter.value);
    append_u64(key, delivery.value);
    return key;
}

Due parse_due(std::string_view row_key, std::string_view destination)
{
    const auto rest = row_key.substr(destination.size() + 2);
    expects(rest.size() == 25);
    return {static_cast<unsigned char>(rest[0]),
            from_microseconds(static_cast<std::int64_t>(read_u64(rest.substr(1)))),
            {read_u64(rest.substr(9))},
            {read_u64(rest.substr(17))}};
}

std::uint32_t bucket_of(Timestamp at)
{
    return static_cast<std::uint32_t>(to_microseconds(at) / 1'000'000 / bucket_seconds);
}

Timestamp bucket_start(std::uint32_t bucket)
{
    return from_microseconds(static_cast<std::int64_t>(bucket) * bucket_seconds * 1'000'000);
}

std::string hint(std::uint32_t bucket, std::string_view destination)
{
    std::string key(hint_prefix);
    append_u32(key, bucket);
    key += destination;
    return key;
}

std::uint32_t hint_bucket(std::string_view row_key)
{
    return read_u32(row_key.substr(1));
}
std::string hint_destination(std::string_view row_key)
{
    return std::string(row_key.substr(5));
}

std::uint32_t day_of(Timestamp at)
{
    return static_cast<std::uint32_t>(to_microseconds(at) / 86'400'000'000);
}

std::string finished(std::uint32_t day, LetterId id)
{
    std::string key(finished_prefix);
    append_u32(key, day);
    append_u64(key, id.value);
    return key;
}

std::uint32_t finished_day(std::string_view row_key)
{
    return read_u32(row_key.substr(1));
}

} // namespace posthouse::spool::keys
