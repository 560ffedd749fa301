// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/input_buffer.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The milter protocol, versions 2 to 6, as libmilter speaks it; its constants are those of
/// libmilter's mfdef.h and mfapi.h. We are the server's side, which asks.
namespace posthouse::milter {

/// What a filter does wrong, for the log: "answered what was not asked".
struct Fault {
    std::string what;
    bool operator==(const Fault&) const = default;
};

enum class Command : char {
    abort = 'A',
    body = 'B',
    connect = 'C',
    macros = 'D',
    end_of_message = 'E',
    helo = 'H',
    quit_and_stay = 'K', // The connection is kept for another client.
    header = 'L',
    mail = 'M',
    end_of_header = 'N',
    negotiate = 'O',
    quit = 'Q',
    recipient = 'R',
    data = 'T',
};

enum class Answer : char {
    add_recipient = '+',
    delete_recipient = '-',
    add_recipient_with_arguments = '2',
    shut_down = '4',
    negotiate = 'O',
    accept = 'a',
    replace_body = 'b',
    proceed = 'c',
    discard = 'd',
    change_sender = 'e',
    connection_failure = 'f',
    add_header = 'h',
    insert_header = 'i',
    change_header = 'm',
    progress = 'p',
    quarantine = 'q',
    reject = 'r',
    skip = 's',
    tempfail = 't',
    reply = 'y',
};

/// A packet is four bytes of length, a code, and what belongs to that.
struct Packet {
    char code = 0;
    std::string payload;
    bool operator==(const Packet&) const = default;
};

void append_packet(std::string& to, Command, std::string_view payload = {});
/// Takes the next packet out of the buffer; nothing: not all of it has come.
std::expected<std::optional<Packet>, Fault> take_packet(InputBuffer& from, std::size_t most_bytes);

/// With the NUL at its end. A NUL in `text` and what follows is left out.
void append_text(std::string& to, std::string_view text);

/// Reads a payload from its front. After a failure everything fails.
class PayloadReader {
public:
    explicit PayloadReader(std::string_view payload) : left_(payload) {}

    std::optional<std::uint32_t> u32();
    /// Up to a NUL, or to the end where the filter forgot it.
    std::optional<std::string_view> text();
    bool at_end() const { return left_.empty(); }

private:
    std::string_view left_;
};

} // namespace posthouse::milter
