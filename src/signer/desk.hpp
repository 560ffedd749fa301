// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/task.hpp"
#include "signer/allowance.hpp"
#include "signer/keys.hpp"
#include "signer/ticket_box.hpp"
#include "wire/link.hpp"
#include "wire/signing.pb.h"

#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace posthouse::signer {

/// Answers the gates. Signs what a TLS handshake signs, with the keys that the supervisor has
/// given, and nothing else; says how often. A key never leaves.
class Desk {
public:
    struct Limits {
        static constexpr std::size_t content_bytes = 256;
        Allowance::Limits signatures = {}; // of each gate
        std::size_t threads = 2;
        std::size_t under_way = 1024; // of all gates, waiting ones too
    };

    /// What has come about since it was asked last, for the log.
    struct Counts {
        std::uint64_t signatures = 0, refused = 0, throttled = 0;
    };

    /// Starts the threads: before confine_calls(). `random` must live as long.
    Desk(const Limits&, Random& random, Duration ticket_rotation);

    Keys& keys() { return keys_; }
    TicketBox& tickets() { return tickets_; }
    Counts take_counts();

    /// `gate`: who is at the other end of the link ("gate.mail"); the supervisor says so.
    Task<wire::Result<wire::Answer>> serve(std::string gate, wire::Frame, Instant now);

private:
    Task<wire::Result<wire::Answer>> sign(std::string gate, wire::Sign, Instant now);
    wire::Result<wire::Answer> hand_tickets(std::string_view gate, Instant now);

    Limits limits_;
    Keys keys_;
    TicketBox tickets_;
    std::map<std::string, Allowance> allowances_;
    Counts counts_ = {};
    std::size_t under_way_ = 0;
    boost::asio::thread_pool threads_;
};

wire::TicketKeys message_of(const std::vector<Secret>& keys);

} // namespace posthouse::signer
