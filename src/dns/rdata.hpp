// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dns/answer.hpp"

#include <optional>

/// The data of records as they stand in a message (RFC 1035 §3.3, RFC 3596 §2.2) and between our
/// processes. Names in it are never compressed.
namespace posthouse::dns {

struct RdataLimits {
    static constexpr std::size_t records = 1000;         // of one answer
    static constexpr std::size_t text_bytes = 16 * 1024; // of one TXT record
};

/// Nothing if the bytes are not exactly one record of that type.
std::optional<Record> parse_rdata(RecordType, std::string_view rdata);

/// The reverse: parse_rdata(type, to_rdata(r)) == r.
std::string to_rdata(const Record&);

/// Adds a record to the answer, or counts it as dropped: malformed, or over the limits.
void add_rdata(Answer&, RecordType, std::string_view rdata);

/// A host name in the form that Name keeps, from text with or without a final dot; nothing if it
/// is none (also for an empty one and ".").
std::optional<Name> parse_name(std::string_view);

} // namespace posthouse::dns
