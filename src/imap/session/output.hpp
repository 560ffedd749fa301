// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/session/channel.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace posthouse::imap {

/// Collects what the session says and passes it on in large pieces. A command appends to text()
/// and, where it may say much, asks between its lines: `if (out.full()) co_await out.pass();`.
class Output {
public:
    Output(Channel& channel, std::size_t most) : channel_(channel), most_(most) {}

    std::string& text() { return text_; }
    Output& operator<<(std::string_view more)
    {
        text_ += more;
        return *this;
    }
    bool full() const { return text_.size() >= most_; }
    /// The connection is over: what is said goes nowhere. Long commands stop.
    bool gone() const { return gone_; }
    void give_up()
    {
        gone_ = true;
        text_ = std::string();
    }

    /// Waits while the client is slow to read.
    Task<void> pass()
    {
        if (gone_ || text_.empty()) {
            text_.clear();
            co_return;
        }
        if (!co_await channel_.write(std::exchange(text_, {})))
            gone_ = true;
    }
    /// The same for something large, which is not copied.
    Task<void> pass(std::string piece)
    {
        co_await pass();
        if (!gone_ && !co_await channel_.write(std::move(piece)))
            gone_ = true;
    }

private:
    Channel& channel_;
    std::size_t most_;
    std::string text_;
    bool gone_ = false;
};

} // namespace posthouse::imap
