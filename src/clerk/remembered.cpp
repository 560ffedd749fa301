// SPDX-License-Identifier: Apache-2.0
#include "clerk/remembered.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <sodium.h>
#include <vector>

namespace posthouse::clerk {
namespace {

void add(crypto_generichash_state& state, std::string_view text)
{
    std::string size;
    append_u64(size, text.size());
    for (const auto part : {std::string_view(size), text})
        ::crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(part.data()),
                                    part.size());
}

} // namespace

Remembered::Remembered(const Limits& limits) : limits_(limits)
{
    static_assert(std::tuple_size_v<decltype(key_)> == crypto_generichash_KEYBYTES);
    ::randombytes_buf(key_.data(), key_.size());
}

Remembered::~Remembered()
{
    ::sodium_memzero(key_.data(), key_.size());
}

/// The table is searched by this; who does not have the key cannot aim at a part of it, so that
/// what the search's time tells is of no use.
std::string Remembered::key_of(const Login& login) const
{
    crypto_generichash_state state;
    ::crypto_generichash_init(&state, key_.data(), key_.size(), crypto_generichash_BYTES);
    add(state, login.user);
    add(state, login.protocol);
    add(state, login.password.reveal());
    std::string key(crypto_generichash_BYTES, '\0');
    ::crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(key.data()), key.size());
    ::sodium_memzero(&state, sizeof state);
    return key;
}

std::optional<Identified> Remembered::find(const Login& login, Instant now) const
{
    if (entries_.empty())
        return std::nullopt;
    const auto found = entries_.find(key_of(login));
    if (found == entries_.end() || found->second.until <= now)
        return std::nullopt;
    return found->second.who;
}

void Remembered::remember(const Login& login, Proof proof, Instant now)
{
    const auto lasts = std::min(limits_.lasts, proof.at_most);
    if (lasts <= Duration() || proof.since != changes_ || limits_.most == 0)
        return;
    make_room(now);
    entries_.insert_or_assign(key_of(login), Entry{std::move(proof.who), now + lasts});
}

/// Those that are over go, or else a quarter of all.
void Remembered::make_room(Instant now)
{
    if (entries_.size() < limits_.most)
        return;
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.until <= now; });
    if (entries_.size() < limits_.most)
        return;
    std::vector<Instant> ends;
    for (const auto& [key, entry] : entries_)
        ends.push_back(entry.until);
    const auto quarter = ends.begin() + static_cast<std::ptrdiff_t>(ends.size() / 4);
    std::ranges::nth_element(ends, quarter);
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.until <= *quarter; });
}

void Remembered::forget(std::uint64_t account)
{
    ++changes_;
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.who.account == account; });
}

void Remembered::forget_all()
{
    ++changes_;
    entries_.clear();
}

} // namespace posthouse::clerk
