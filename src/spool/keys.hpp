// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spool/ids.hpp"
#include "store/types.hpp"

#include <string>
#include <string_view>

/// The rows of a queue shard ("q/00" … "q/63"). docs/queue.md says what each means.
namespace posthouse::spool::keys {

store::PartitionId shard(std::size_t number);
inline store::PartitionId shard_of(LetterId letter)
{
    return shard(letter.shard());
}

// Rows of one letter.
std::string letter(LetterId);                                 // l: Letter
std::string recipients(LetterId, std::uint32_t page);         // r: more recipients
std::string deliveries(LetterId);                             // prefix of the next
std::string delivery(LetterId, DeliveryId);                   // d: Delivery
std::string events(LetterId);                                 // prefix of the next
std::string event(LetterId, Timestamp, std::uint32_t number); // e: TraceEvent
std::string notices(LetterId);                                // prefix of the next
std::string notice(LetterId, DeliveryId);                     // f: NoticeDue
std::string edits(LetterId);                                  // g: Letter, only its edits
std::string expansions(LetterId);                             // prefix of the next
std::string expansion(LetterId, DeliveryId);                  // y: Expansion

// Rows that find work.
constexpr std::string_view unsorted_prefix = "a";
constexpr std::string_view held_prefix = "h";
constexpr std::string_view notice_prefix = "f";
constexpr std::string_view release_prefix = "x";
constexpr std::string_view hint_prefix = "n";
constexpr std::string_view letter_prefix = "l";
constexpr std::string_view closing_prefix = "k";
constexpr std::string_view finished_prefix = "z";
std::string unsorted(LetterId);                   // a: accepted, not routed yet
std::string held(LetterId);                       // h: accepted, held before routing
std::string closing(LetterId);                    // k: Closing
std::string release(store::BlobId);               // x: the queue's claim on a shared body is to go
LetterId letter_in(std::string_view row_key);     // of all rows of a letter
DeliveryId delivery_in(std::string_view row_key); // of d, f rows

/// w: due rows, one a waiting delivery: destination, priority, time, letter, delivery.
std::string due_prefix(std::string_view destination);
std::string due(std::string_view destination, std::uint32_t priority, Timestamp, LetterId,
                DeliveryId);
struct Due {
    std::uint32_t priority;
    Timestamp at;
    LetterId letter;
    DeliveryId delivery;
};
Due parse_due(std::string_view row_key, std::string_view destination);

/// n: "look at this destination from this bucket of time on".
constexpr std::int64_t bucket_seconds = 32;
std::uint32_t bucket_of(Timestamp);
Timestamp bucket_start(std::uint32_t);
std::string hint(std::uint32_t bucket, std::string_view destination);
std::uint32_t hint_bucket(std::string_view row_key);
std::string hint_destination(std::string_view row_key);

/// z: what happened to a letter that is done, by day of its end.
std::uint32_t day_of(Timestamp);
std::string finished(std::uint32_t day, LetterId);
std::uint32_t finished_day(std::string_view row_key);

} // namespace posthouse::spool::keys
