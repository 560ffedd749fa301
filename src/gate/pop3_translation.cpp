// SPDX-License-Identifier: Apache-2.0
#include "gate/pop3_translation.hpp"

#include <fmt/format.h>

#include <cstring>

namespace posthouse::gate {

pop3::Maildrop maildrop_of(const wire::Maildrop& maildrop)
{
    pop3::Maildrop made;
    made.reserve(static_cast<std::size_t>(maildrop.messages_size()));
    for (const auto& message : maildrop.messages())
        made.push_back(
            {message.bytes(), fmt::format("{}.{}", maildrop.uid_validity(), message.uid())});
    return made;
}

std::vector<std::uint32_t> uids_of(const wire::Maildrop& maildrop)
{
    std::vector<std::uint32_t> uids;
    uids.reserve(static_cast<std::size_t>(maildrop.messages_size()));
    for (const auto& message : maildrop.messages())
        uids.push_back(message.uid());
    return uids;
}

void wipe(std::string& secret)
{
    ::explicit_bzero(secret.data(), secret.size());
    secret.clear();
}

} // namespace posthouse::gate
