// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dns/ip_address.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace posthouse::dns {

/// What can be asked for. The values are those of the protocol (RFC 1035 §3.2.2).
enum class RecordType : std::uint16_t { a = 1, cname = 5, ptr = 12, mx = 15, txt = 16, aaaa = 28 };
std::string_view describe(RecordType);

enum class Status : std::uint8_t {
    ok,        // there are records (some may have been dropped)
    no_data,   // the name exists, but has none of this type
    nx_domain, // the name does not exist
    servfail,  // a server failed, or what it said makes no sense: ask again later
    timeout,   // no server answered in time: ask again later
    bogus,     // the answer is signed and the signature does not hold: ask again later
};
std::string_view describe(Status);
/// Is it worth asking again?
constexpr bool is_temporary(Status s)
{
    return s == Status::servfail || s == Status::timeout || s == Status::bogus;
}

/// A name as a record gives it: lower-case letters, digits, '-', '_' and dots, without a final dot;
/// "." for the root. At most 253 bytes, labels at most 63. A name with other bytes in it names no
/// host and is dropped by the parser.
struct Name {
    std::string text;
    bool is_root() const { return text == "."; }
    auto operator<=>(const Name&) const = default;
};

struct MailExchange {
    std::uint16_t preference = 0;
    Name exchange;
    auto operator<=>(const MailExchange&) const = default;
};

/// The strings of a TXT record, joined (as SPF, DKIM and the others do). Any bytes.
struct Text {
    std::string bytes;
    auto operator<=>(const Text&) const = default;
};

/// By type: A, AAAA: IpAddress; MX: MailExchange; CNAME, PTR: Name; TXT: Text.
using Record = std::variant<IpAddress, MailExchange, Name, Text>;

/// What the domain name system said to one question.
struct Answer {
    Status status = Status::servfail;
    /// All of the type that was asked for. May be empty with `ok`, if all were malformed.
    std::vector<Record> records;
    /// Records left out: malformed, or over the limit.
    std::uint32_t dropped = 0;
    /// Validated by DNSSEC; records and absence alike.
    bool secure = false;
    /// Where the records were found: another name than the question's if that was an alias.
    std::string canonical_name;
    std::chrono::seconds ttl{0};

    bool operator==(const Answer&) const = default;
};

/// The records that are a T; an answer to a question of that type has no others.
template <class T>
std::vector<T> records_of(const Answer& answer)
{
    std::vector<T> found;
    for (const Record& record : answer.records)
        if (const auto* t = std::get_if<T>(&record))
            found.push_back(*t);
    return found;
}

} // namespace posthouse::dns
