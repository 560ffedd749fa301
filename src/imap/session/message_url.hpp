// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/fetch_item.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::imap {

/// An IMAP URL that names a message or a part of one, on the server that is asked: RFC 5092 §7,
/// RFC 4469 §3. "/INBOX;UIDVALIDITY=785799047/;UID=113330/;SECTION=1.5.9".
struct MessageUrl {
    std::string mailbox; ///< UTF-8; empty: the one that is selected.
    std::optional<std::uint32_t> uid_validity;
    std::uint32_t uid = 0;
    Section section;
    std::optional<PartialBytes> partial;
};

/// Nothing: it is none, of another server, or asks for single header fields.
std::optional<MessageUrl> parse_message_url(std::string_view, std::string_view hostname);

} // namespace posthouse::imap
