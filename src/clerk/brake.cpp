// SPDX-License-Identifier: Apache-2.0
#include "clerk/brake.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <vector>

namespace posthouse::clerk {

std::string client_key(std::string_view address)
{
    constexpr std::string_view mapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
    std::array<char, 16> bytes{};
    const std::string text(address);
    if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1)
        return std::string(bytes.data(), 4);
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1)
        return text;
    if (std::string_view(bytes.data(), mapped.size()) == mapped)
        return std::string(bytes.data() + mapped.size(), 4);
    return std::string(bytes.data(), 8);
}

bool Brake::holds(std::string_view client_address, Instant now) const
{
    const auto found = windows_.find(client_key(client_address));
    return found != windows_.end() && now - found->second.begin < limits_.window &&
           found->second.failures >= limits_.failures;
}

void Brake::failed(std::string_view client_address, Instant now)
{
    auto key = client_key(client_address);
    auto found = windows_.find(key);
    if (found == windows_.end()) {
        make_room(now);
        found = windows_.emplace(std::move(key), Window{now, 0}).first;
    } else if (now - found->second.begin >= limits_.window) {
        found->second = {now, 0};
    }
    ++found->second.failures;
}

/// Those that are over go, or else a quarter of all; so the search for them is seldom.
void Brake::make_room(Instant now)
{
    if (windows_.size() < limits_.clients)
        return;
    std::erase_if(windows_,
                  [&](const auto& entry) { return now - entry.second.begin >= limits_.window; });
    if (windows_.size() < limits_.clients)
        return;
    std::vector<Instant> begins;
    for (const auto& [key, window] : windows_)
        begins.push_back(window.begin);
    const auto middle = begins.begin() + static_cast<std::ptrdiff_t>(begins.size() / 4);
    std::ranges::nth_element(begins, middle);
    std::erase_if(windows_, [&](const auto& entry) { return entry.second.begin <= *middle; });
}

} // namespace posthouse::clerk
