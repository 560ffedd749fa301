// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

/// Between processes: frames on Unix stream sockets. A frame is a 16-byte head, a Protocol Buffers
/// message and raw bytes (a letter's body is always raw, never a Protocol Buffers field).
/// The other end is not trusted: every bound is checked before anything is allocated.
namespace posthouse::wire {

enum class Kind : std::uint8_t { request = 1, response = 2, notice = 3, failure = 4 };

/// What a request asks for. The number is the wire's; never reuse one.
enum class Method : std::uint8_t {
    check_recipients = 1, // mail gate -> keeper
    accept = 2,
    open_body = 3,
    append_body = 4,
    abandon_body = 5,
    etrn = 6,
    client_name = 7,    // mail gate -> resolver
    authenticate = 10,  // reader gate -> clerk
    find_verifier = 11, // clerk -> keeper
    vouch = 12,
    sasl_start = 13, // gate -> clerk: wire/login.proto
    sasl_continue = 14,
    sasl_abort = 15,
    find_login = 16,      // clerk -> keeper
    login_changed = 17,   // keeper -> clerk, a notice
    find_person = 18,     // keeper -> clerk
    provide_account = 19, // clerk -> keeper
    open_session = 20,    // reader gate -> keeper
    open_maildrop = 21,
    read_message = 22,
    expunge = 23,
    close_session = 24,
    cut_words = 25,       // keeper -> sorter: of letters, for the index of texts
    index_letter = 26,    // keeper -> sorter
    search_letters = 27,  // keeper -> sorter
    read_indexed = 28,    // sorter -> keeper: more of a letter that is being indexed
    next_candidates = 29, // sorter -> keeper
    route = 30,           // keeper -> sorter
    file = 31,
    notify = 32,
    read_letter = 33,  // sorter, courier, agent -> keeper
    look_up = 34,      // sorter -> keeper
    routes = 35,       // sorter -> keeper
    attempt = 40,      // keeper -> courier
    find_targets = 41, // courier -> resolver, keeper -> courier
    verify = 42,       // keeper -> courier
    deliver = 45,      // keeper -> agent
    find_users = 46,   // keeper -> agent
    admin = 50,        // control socket -> keeper
    import_begin = 51, // control socket -> keeper, until 59: wire/moving.proto
    import_letters = 52,
    import_end = 53,
    export_read = 54,
    backup_read = 55, // wire/backup.proto
    restore_write = 56,
    backup_end = 57,
    mailbox_list = 100, // reader gate -> keeper, until 130: wire/mailboxes.proto
    mailbox_tree = 101,
    mailbox_open = 102,
    mailbox_close = 103,
    mailbox_changes = 104,
    mailbox_entries = 105,
    mailbox_store = 106,
    mailbox_expunge = 107,
    mailbox_copy = 108,
    mailbox_summaries = 109,
    mailbox_read = 110,
    mailbox_search = 111,
    mailbox_append = 112,
    open_upload = 113,
    append_upload = 114,
    abandon_upload = 115,
    quota = 116,
    metadata = 117,
    access_rights = 118,
    watch = 119,
    mailbox_event = 120, // keeper -> gate, a notice
    maildrop_list = 121, // POP3: packed
    sign = 60,           // gate -> signer: wire/signing.proto
    ticket_keys = 61,    // gate -> signer; signer -> gate, a notice
};

struct Head {
    std::uint32_t message_bytes = 0;
    std::uint32_t raw_bytes = 0;
    std::uint32_t id = 0; // of the request; its response has the same
    Kind kind = Kind::request;
    Method method{};
    std::uint16_t code = 0; // of a failure: a Failure

    static constexpr std::size_t size = 16;
    void append_to(std::string&) const;
    /// Nothing: not a frame, or one beyond the limits; the connection is of no more use.
    static std::optional<Head> parse(std::string_view sixteen_bytes);
};

struct FrameLimits {
    static constexpr std::uint32_t message_bytes = 2 << 20;
    static constexpr std::uint32_t raw_bytes = (1 << 20) + (256 << 10);
};

/// A frame that has come in.
struct Frame {
    Head head;
    std::string message; // serialised
    std::string raw;
};

/// Why a request has no response.
enum class Failure : std::uint16_t {
    closed = 1,      // the other process went away, or there is no link to it at present
    invalid = 2,     // the request made no sense to the other side
    refused = 3,     // it was understood and is not allowed, or names nothing that exists
    unavailable = 4, // try again later
    no_space = 5,    // the disk is full
    busy = 6,        // too much is under way
    // Of mailboxes:
    nonexistent = 7,
    exists = 8,
    over_quota = 9,
    cannot = 10, // it makes no sense: a bad name, INBOX removed
    has_children = 11,
    limit = 12,
    too_big = 13,
    gone = 14, // the mailbox or the message, meanwhile
    damaged = 15,
    no_permission = 16,
    unknown_charset = 17,
};
std::string_view describe(Failure);

template <class T>
using Result = std::expected<T, Failure>;

} // namespace posthouse::wire
