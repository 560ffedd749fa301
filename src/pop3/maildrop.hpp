// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace posthouse::pop3 {

/// A maildrop as it was when the session began.
struct Maildrop {
    struct Message {
        std::uint64_t octets = 0; // As stored.
        std::uint32_t uid = 0;    // Never used twice for a `validity`.
        std::uint32_t own = 0;    // Where in own_uidls its own one is, from 1; 0: it has none.
    };

    std::uint32_t validity = 0;
    std::vector<Message> messages = {};
    /// Of messages that came here with one, from another server: clients know them by it.
    std::vector<std::string> own_uidls = {};

    /// "VALIDITY.UID" or the message's own: the same for ever, and never another message's.
    /// RFC 1939 §7: 1 to 70 characters from 0x21 to 0x7E.
    std::string uidl(const Message&) const;
};

/// May this be a unique-id?
bool is_uidl(const std::string&);

} // namespace posthouse::pop3
