// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/message_lite.h>

#include <optional>
#include <string>

namespace posthouse::wire {

template <class Message>
std::optional<Message> parse(const std::string& bytes)
{
    std::optional<Message> message(std::in_place);
    if (!message->ParseFromString(bytes))
        message.reset();
    return message;
}

} // namespace posthouse::wire
