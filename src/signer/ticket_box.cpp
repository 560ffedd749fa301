// SPDX-License-Identifier: Apache-2.0
#include "signer/ticket_box.hpp"

#include <algorithm>
#include <cstring>

namespace posthouse::signer {

Secret TicketBox::make()
{
    std::string bytes(key_bytes, '\0');
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
        const auto word = random_.next();
        std::memcpy(bytes.data() + at, &word, sizeof word);
    }
    return Secret(std::move(bytes));
}

std::optional<std::vector<Secret>> TicketBox::keys_of(std::string_view gate, Instant now)
{
    auto found = boxes_.find(gate);
    if (found == boxes_.end()) {
        if (boxes_.size() >= Limits::gates)
            return std::nullopt;
        found = boxes_.emplace(gate, Box{{make()}, now}).first;
    }
    return found->second.keys;
}

std::vector<std::string> TicketBox::rotate(Instant now)
{
    std::vector<std::string> renewed;
    for (auto& [gate, box] : boxes_) {
        if (now - box.made < rotation_)
            continue;
        box.keys.insert(box.keys.begin(), make());
        if (box.keys.size() > Limits::keys)
            box.keys.resize(Limits::keys);
        box.made = now;
        renewed.push_back(gate);
    }
    return renewed;
}

std::optional<Instant> TicketBox::next() const
{
    std::optional<Instant> first;
    for (const auto& [gate, box] : boxes_)
        if (!first || box.made + rotation_ < *first)
            first = box.made + rotation_;
    return first;
}

} // namespace posthouse::signer
