// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/remote_key.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>

namespace posthouse::net {

/// A handshake that waits for a signature.
struct Suspension {
    Signing& signing;
    PendingSignature pending = {};
    /// Ends when the signature is there, or the channel's deadline.
    std::shared_ptr<boost::asio::steady_timer> timer = nullptr;
};

} // namespace posthouse::net
