// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pop3/multiline.hpp"
#include "pop3/session.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace posthouse::pop3 {

/// A login that is under way.
struct Session::LoginUnderWay {
    std::string mechanism;
    std::optional<Secret> said; // And not passed on yet.
    bool begun = false;         // The driver knows of it.
};

/// What a session has from its login on.
struct Session::Transaction {
    explicit Transaction(Maildrop m) : maildrop(std::move(m)), deleted(maildrop.messages.size()) {}

    /// The response that is under way.
    struct Sending {
        std::uint32_t index = 0; // The message, or the next row of a listing
        std::uint64_t offset = 0;
        Column column = Column::octets; // of a listing
        Stuffing stuffing;
        std::optional<TopOfMessage> top;
    };

    struct Count {
        std::size_t messages = 0;
        std::uint64_t octets = 0;
    };
    Count remaining() const
    {
        Count count;
        for (std::size_t i = 0; i < deleted.size(); ++i) {
            if (!deleted[i]) {
                ++count.messages;
                count.octets += octets(i);
            }
        }
        return count;
    }

    std::uint64_t octets(std::size_t index) const { return maildrop.messages[index].octets; }

    Maildrop maildrop;
    std::vector<bool> deleted;
    Sending sending;
};

} // namespace posthouse::pop3
