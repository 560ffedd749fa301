// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <string>

namespace posthouse::imap {

/// What ended a wait.
struct Arrival {
    enum class What : std::uint8_t {
        bytes, ///< The client said something.
        nudge, ///< nudge() was called.
        time,  ///< Nothing came by the deadline.
        end,   ///< The connection is over: nothing will come any more.
    };
    What what = What::end;
    std::string bytes;
};

/// The connection, as its session sees it. Implemented by a driver, which reads while it writes:
/// what arrives waits (to a limit of the driver's) until the session asks for it.
class Channel {
public:
    virtual ~Channel() = default;

    virtual Instant now() const = 0;
    virtual Timestamp wall_clock() const = 0;

    /// Queues. Returns at once while less than the driver's measure is waiting, else when it is
    /// so again: that is all that a client who does not read can make the server hold. False:
    /// the connection is over, or was too slow.
    virtual Task<bool> write(std::string bytes) = 0;

    /// What has arrived, if anything; else waits for one of the four. What was queued by write()
    /// goes out meanwhile.
    virtual Task<Arrival> wait(Instant until) = 0;

    /// Ends a wait, or the next one if none is under way. On the session's thread.
    virtual void nudge() = 0;

    /// When all that was written is sent: the handshake. What arrived before it is thrown away.
    /// False: it failed, and the connection is over.
    virtual Task<bool> start_tls() = 0;

    /// When all that was written is sent: from then on both ways are compressed (RFC 4978 §3).
    /// `received` came behind the command, and is compressed already.
    virtual Task<bool> compress(std::string received) = 0;
};

} // namespace posthouse::imap
