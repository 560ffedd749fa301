// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"

#include <google/protobuf/message_lite.h>

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

/// Messages on the SEQPACKET socket between the agent and its runner.
namespace posthouse::agent {

struct Packet {
    std::string bytes;
    std::vector<UniqueFd> descriptors;
};

/// False: the other end is gone, or has taken nothing for seconds.
bool send_packet(int socket, const google::protobuf::MessageLite&,
                 std::span<const int> descriptors = {});

enum class PacketEnd : std::uint8_t { nothing_yet, closed };
/// Does not wait.
std::expected<Packet, PacketEnd> receive_packet(int socket);

} // namespace posthouse::agent
