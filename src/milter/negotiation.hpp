// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "milter/limits.hpp"
#include "milter/macros.hpp"
#include "milter/packet.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace posthouse::milter {

/// What a filter may do to a letter.
namespace action {
inline constexpr std::uint32_t add_headers = 0x01;
inline constexpr std::uint32_t replace_body = 0x02;
inline constexpr std::uint32_t add_recipients = 0x04;
inline constexpr std::uint32_t delete_recipients = 0x08;
inline constexpr std::uint32_t change_headers = 0x10;
inline constexpr std::uint32_t quarantine = 0x20;
inline constexpr std::uint32_t change_sender = 0x40;
inline constexpr std::uint32_t add_recipients_with_arguments = 0x80;
inline constexpr std::uint32_t set_macro_lists = 0x100;
inline constexpr std::uint32_t all = 0x1ff;
} // namespace action

/// What a filter is not told (no_), what it does not answer (unanswered_), and what else there is.
namespace protocol {
inline constexpr std::uint32_t no_connect = 0x01;
inline constexpr std::uint32_t no_helo = 0x02;
inline constexpr std::uint32_t no_mail = 0x04;
inline constexpr std::uint32_t no_recipient = 0x08;
inline constexpr std::uint32_t no_body = 0x10;
inline constexpr std::uint32_t no_headers = 0x20;
inline constexpr std::uint32_t no_end_of_header = 0x40;
inline constexpr std::uint32_t unanswered_header = 0x80;
inline constexpr std::uint32_t no_unknown = 0x100;
inline constexpr std::uint32_t no_data = 0x200;
inline constexpr std::uint32_t skip = 0x400;
inline constexpr std::uint32_t refused_recipients = 0x800; // are told too
inline constexpr std::uint32_t unanswered_connect = 0x1000;
inline constexpr std::uint32_t unanswered_helo = 0x2000;
inline constexpr std::uint32_t unanswered_mail = 0x4000;
inline constexpr std::uint32_t unanswered_recipient = 0x8000;
inline constexpr std::uint32_t unanswered_data = 0x10000;
inline constexpr std::uint32_t unanswered_unknown = 0x20000;
inline constexpr std::uint32_t unanswered_end_of_header = 0x40000;
inline constexpr std::uint32_t unanswered_body = 0x80000;
inline constexpr std::uint32_t leading_space = 0x100000; // values with the space behind the colon
inline constexpr std::uint32_t data_256k = 0x10000000;
inline constexpr std::uint32_t data_1m = 0x20000000;
inline constexpr std::uint32_t all = 0x1fffff | data_256k | data_1m;
} // namespace protocol

inline constexpr std::uint32_t highest_version = 6;
inline constexpr std::uint32_t lowest_version = 2;
inline constexpr std::uint32_t version_with_data = 4;
inline constexpr std::uint32_t version_with_reuse = 6;

/// What was agreed on with one filter.
struct Terms {
    std::uint32_t version = highest_version;
    std::uint32_t actions = 0;
    std::uint32_t steps = 0;
    std::size_t chunk_bytes = 65535; // of a body, at most
    MacroLists macros = usual_macros();

    bool has(std::uint32_t step) const { return (steps & step) != 0; }
    bool can_be_reused() const { return version >= version_with_reuse; }
    bool operator==(const Terms&) const = default;
};

/// Offers all that there is.
void append_offer(std::string& to);
/// The filter's answer to that. What it says it will do is not what it is held to: filters that
/// do more than they said are known, and all was offered.
std::expected<Terms, Fault> read_terms(std::string_view payload, const Limits&);

} // namespace posthouse::milter
