// SPDX-License-Identifier: Apache-2.0
#include "smtp/client_capabilities.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace posthouse::smtp {
namespace {

/// Takes the next word off the front.
std::string_view take_word(std::string_view& text)
{
    text = trimmed(text);
    const auto end = std::min(text.find_first_of(" \t"), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(end);
    return word;
}

/// RFC 9422 §3: LIMITS NAME=value …
void read_limits(std::string_view parameters, ClientCapabilities& offered)
{
    for (auto word = take_word(parameters); !word.empty(); word = take_word(parameters)) {
        const auto equals = std::min(word.find('='), word.size() - 1);
        const auto name = word.substr(0, equals);
        const auto value = parse_number(word.substr(equals + 1));
        if (!value || *value == 0)
            continue;
        if (equal_ignoring_case(name, "MAILMAX"))
            offered.letters = value;
        else if (equal_ignoring_case(name, "RCPTMAX"))
            offered.recipients = value;
        else if (equal_ignoring_case(name, "RCPTDOMAINMAX"))
            offered.recipient_domains = value;
    }
}

/// RFC 4954 §3: AUTH MECHANISM …
void read_mechanisms(std::string_view parameters, ClientCapabilities::Mechanisms& offered)
{
    for (auto word = take_word(parameters); !word.empty(); word = take_word(parameters)) {
        if (equal_ignoring_case(word, "SCRAM-SHA-256"))
            offered.scram_sha_256 = true;
        else if (equal_ignoring_case(word, "PLAIN"))
            offered.plain = true;
        else if (equal_ignoring_case(word, "LOGIN"))
            offered.login = true;
    }
}

void read_line(std::string_view line, ClientCapabilities& offered)
{
    const auto keyword = take_word(line);
    const auto is = [&](std::string_view name) { return equal_ignoring_case(keyword, name); };
    if (is("PIPELINING"))
        offered.pipelining = true;
    else if (is("STARTTLS"))
        offered.starttls = true;
    else if (is("8BITMIME"))
        offered.eight_bit_mime = true;
    else if (is("SMTPUTF8"))
        offered.smtputf8 = true;
    else if (is("CHUNKING"))
        offered.chunking = true;
    else if (is("BINARYMIME"))
        offered.binary_mime = true;
    else if (is("DSN"))
        offered.dsn = true;
    else if (is("AUTH"))
        read_mechanisms(line, offered.login);
    else if (is("LIMITS"))
        read_limits(line, offered);
    else if (is("SIZE")) {
        offered.size = true;
        offered.largest_bytes = parse_number(take_word(line));
        if (offered.largest_bytes == 0) // RFC 1870 §4: no fixed limit.
            offered.largest_bytes.reset();
    }
}

} // namespace

ClientCapabilities parse_capabilities(const RemoteReply& to_ehlo)
{
    ClientCapabilities offered;
    for (std::size_t i = 1; i < to_ehlo.lines.size(); ++i) // The first is the host's name.
        read_line(to_ehlo.lines[i], offered);
    if (!offered.chunking)
        offered.binary_mime = false; // RFC 3030 §3: only with it.
    return offered;
}

} // namespace posthouse::smtp
