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

std::uint32_t FailureCounts::count(const std::string& key, Instant now) const
{
    const auto found = windows_.find(key);
    return found == windows_.end() || now - found->second.begin >= window_ ? 0
                                                                           : found->second.failures;
}

Duration FailureCounts::left(const std::string& key, Instant now) const
{
    const auto found = windows_.find(key);
    return found == windows_.end() ? Duration()
                                   : std::max(Duration(), found->second.begin + window_ - now);
}

std::uint32_t FailureCounts::add(std::string key, Instant now)
{
    auto found = windows_.find(key);
    if (found == windows_.end()) {
        make_room(now);
        found = windows_.emplace(std::move(key), Window{now, 0}).first;
    } else if (now - found->second.begin >= window_) {
        found->second = {now, 0};
    }
    return ++found->second.failures;
}

/// Those that are over go, or else a quarter of all; so the search for them is seldom.
void FailureCounts::make_room(Instant now)
{
    if (windows_.size() < most_)
        return;
    std::erase_if(windows_, [&](const auto& entry) { return now - entry.second.begin >= window_; });
    if (windows_.size() < most_)
        return;
    std::vector<Instant> begins;
    for (const auto& [key, window] : windows_)
        begins.push_back(window.begin);
    const auto middle = begins.begin() + static_cast<std::ptrdiff_t>(begins.size() / 4);
    std::ranges::nth_element(begins, middle);
    std::erase_if(windows_, [&](const auto& entry) { return entry.second.begin <= *middle; });
}

namespace {

std::string place_key(const Brake::Try& who)
{
    auto key = client_key(who.client);
    key += '\0';
    key += who.account;
    return key;
}

} // namespace

Brake::Brake(const Limits& limits)
    : limits_(limits),
      by_client_(limits.window, limits.clients),
      by_account_(limits.window, limits.clients)
{
}

bool Brake::is_known_place(const Try& who, Instant now) const
{
    const auto found = places_.find(place_key(who));
    return found != places_.end() && now < found->second;
}

bool Brake::holds(std::string_view client_address, Instant now) const
{
    return by_client_.count(client_key(client_address), now) >= limits_.failures;
}

bool Brake::holds(const Try& who, Instant now) const
{
    return holds(who.client, now) ||
           (!who.account.empty() &&
            by_account_.count(std::string(who.account), now) >= limits_.account_failures &&
            !is_known_place(who, now));
}

Duration Brake::left(const Try& who, Instant now) const
{
    return std::max(by_client_.left(client_key(who.client), now),
                    by_account_.left(std::string(who.account), now));
}

Duration Brake::failed(const Try& who, Instant now)
{
    auto count = by_client_.add(client_key(who.client), now);
    if (!who.account.empty()) {
        const auto of_account = by_account_.add(std::string(who.account), now);
        if (!is_known_place(who, now))
            count = std::max(count, of_account);
    }
    auto delay = limits_.first_delay;
    for (std::uint32_t i = 1; i < count && delay < limits_.longest_delay; ++i)
        delay *= 2;
    return std::min(delay, limits_.longest_delay);
}

void Brake::succeeded(const Try& who, Instant now)
{
    if (who.account.empty())
        return;
    if (places_.size() >= limits_.places) {
        std::erase_if(places_, [&](const auto& entry) { return entry.second <= now; });
        if (places_.size() >= limits_.places)
            places_.clear(); // They come again; meanwhile an account under attack may be held.
    }
    places_[place_key(who)] = now + limits_.place_lasts;
}

} // namespace posthouse::clerk
