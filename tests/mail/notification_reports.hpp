// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/header_block.hpp"
#include "mail/notification.hpp"

#include <string>
#include <string_view>

namespace posthouse::mail {

/// mx.example.org tells fred@example.com of one recipient who got nothing.
inline Notification report()
{
    return {.host = *Domain::parse("mx.example.org"),
            .postmaster = *Mailbox::parse("postmaster@example.org"),
            .to = *Mailbox::parse("fred@example.com"),
            .told = {{.recipient = *ForwardPath::parse("nobody@example.net"),
                      .status = "5.1.1",
                      .reason = "550 5.1.1 No such user",
                      .remote_host = "mail.example.net"}},
            .original = "Message-ID: <1@example.com>\r\nSubject: x\r\n\r\nsecret\r\n",
            .message_id = "<2@mx.example.org>",
            .at = from_microseconds(880127706'000'000)}; // 21 Nov 1997 15:55:06
}

/// The same with another kind of news.
inline Notification report_of(Action action)
{
    auto other = report();
    other.told[0].action = action;
    other.told[0].status = action == Action::failed    ? "5.1.1"
                           : action == Action::delayed ? "4.4.1"
                                                       : "2.0.0";
    return other;
}

inline std::size_t occurrences(std::string_view text, std::string_view wanted)
{
    std::size_t count = 0;
    for (auto at = text.find(wanted); at != text.npos; at = text.find(wanted, at + 1))
        ++count;
    return count;
}

inline std::string boundary_of(const std::string& letter)
{
    const auto type = HeaderBlock::parse(letter).first("Content-Type")->value();
    const auto begin = type.find("boundary=\"") + 10;
    return type.substr(begin, type.find('"', begin) - begin);
}

/// Its first, second or third part as it stands there, header and all.
inline std::string part_of(const std::string& letter, std::size_t number)
{
    const auto delimiter = "\r\n--" + boundary_of(letter);
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= number; ++i)
        begin = letter.find(delimiter, begin) + delimiter.size();
    return letter.substr(begin + 2, letter.find(delimiter, begin) - begin - 2);
}

} // namespace posthouse::mail
