// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sources/backend.hpp"
#include "sources/sources.pb.h"

#include <expected>
#include <string>

/// Messages on the SEQPACKET socket between the clerk and a source's process.
namespace posthouse::sources {

struct PacketLimits {
    static constexpr std::size_t bytes = 64 * 1024;
    static constexpr int aliases = 500; // of a person; further ones are left out
};

/// False: the other end is gone, or takes nothing at present.
bool send_packet(int socket, const google::protobuf::MessageLite&);

/// Of a question that has been sent, or answered.
void erase_secrets(Question&);

enum class PacketEnd : std::uint8_t { nothing_yet, closed };
/// Does not wait.
std::expected<std::string, PacketEnd> receive_packet(int socket);

void set_person(Person&, const SourcePerson&);
/// Nothing: it makes no sense. The other end is not trusted.
std::optional<SourcePerson> person_from(const Person&);

} // namespace posthouse::sources
