// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What keys and values of several tables are made of, each in its canonical form. The error is
/// what is wrong and what would be right.
namespace posthouse::tables {

using Read = std::expected<std::string, std::string>;

/// A name in lower case without a final dot; no address literal.
Read read_domain(std::string_view);

/// "user@domain" as an RFC 5321 mailbox, case kept.
Read read_mailbox(std::string_view);

/// "name": what may stand before an @, unquoted, case kept.
Read read_local_name(std::string_view);

/// One of the two, by whether there is an @.
Read read_address(std::string_view);

/// "example.org", "[example.org]", "[192.0.2.1]", "[2001:db8::1]", each with ":port".
Read read_next_hop(std::string_view);

/// Several, with colons or commas between them: "[a.example]:587:b.example".
std::expected<std::vector<std::string>, std::string> read_next_hops(std::string_view);

/// What is said to a sender: "5.1.1:550 text", "550 5.1.1 text", "550 text", "nouser text", "text",
/// also in double quotes, becomes "5.1.1 550 text". What is not said is `status`, "5.7.1".
Read read_refusal(std::string_view, std::string_view status);

/// The text of a refusal as read_refusal() makes it, without its codes.
std::string_view text_of_refusal(std::string_view);

} // namespace posthouse::tables
