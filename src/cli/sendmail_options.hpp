// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/delivery_terms.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The command line of sendmail and of the names that go with it, as programs have called them for
/// decades. docs/sendmail.md has a table of all options.
namespace posthouse::cli {

enum class SendmailMode : std::uint8_t {
    deliver,      // -bm
    converse,     // -bs
    list_queue,   // -bp, mailq
    run_queue,    // -q
    verify,       // -bv
    check_tables, // -bi, newaliases
    list_aliases, // praliases
    statistics,   // mailstats
    list_hosts,   // -bh, hoststat
    forget_hosts, // -bH, purgestat
};

/// -qIpart, -q!Rpart: letters whose id, or one of whose addresses, holds that text.
struct QueuePattern {
    enum class Part : std::uint8_t { id, recipient, sender } part = Part::id;
    enum class Sense : std::uint8_t { holds, lacks } sense = Sense::holds;
    std::string text;
    bool operator==(const QueuePattern&) const = default;
};

struct SendmailCall {
    SendmailMode mode = SendmailMode::deliver;
    enum class Recipients : std::uint8_t {
        arguments,
        header_too
    } recipients = Recipients::arguments;                                          // -t
    enum class Dot : std::uint8_t { ends_letter, is_text } dot = Dot::ends_letter; // -i
    std::optional<std::string> sender = {};  // -f, -r; as it was written
    std::string full_name = {};              // -F
    std::vector<std::string> arguments = {}; // Recipients, keys, domains.
    std::uint8_t notify = 0;                 // -N
    mail::Return ret = mail::Return::unsaid; // -R
    std::string envelope_id = {};            // -V
    enum class Body : std::uint8_t { seen, seven_bit, eight_bit } body = Body::seen; // -B
    enum class Speech : std::uint8_t { quiet, verbose } speech = Speech::quiet;      // -v
    std::string config_path = {}; // -C; empty: the default.
    std::string alias_file = {};  // praliases -f
    std::vector<QueuePattern> patterns = {};
    bool operator==(const SendmailCall&) const = default;
};

struct SendmailLimits {
    static constexpr std::size_t argument_bytes = 1 << 20; // One argument: a list of addresses.
    static constexpr std::size_t recipients = 100'000;
    static constexpr std::size_t letter_bytes = 512u << 20; // The server's own limit is lower.
    static constexpr std::size_t header_bytes = 1 << 20;
};

/// Is this one of the names that sendmail's programs are called by? Without directories.
bool is_sendmail_name(std::string_view program);

/// `name`: what the program was called as. The error is a sentence for whoever called.
std::expected<SendmailCall, std::string> parse_sendmail(std::string_view name,
                                                        const std::vector<std::string>& arguments);

} // namespace posthouse::cli
