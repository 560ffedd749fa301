// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.hpp"
#include "base/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace posthouse::clerk {

/// Whose login it was.
struct Identified {
    std::uint64_t account = 0;
    std::string address;
    std::string source = {};       // an outside one, else ""
    std::string app_password = {}; // its name, if it was by one
};

/// Logins that succeeded a few minutes ago, so that a user who comes back every minute costs no
/// argon2id. Neither passwords nor a hash that could be tried elsewhere is kept: a BLAKE2b by a key
/// of this process's own, in its memory only.
class Remembered {
public:
    struct Limits {
        Duration lasts = std::chrono::minutes(5); // 0: nothing is remembered
        std::size_t most = 50'000;
    };
    /// All of it has to be the same. The password is not copied.
    struct Login {
        std::string_view user, protocol;
        const Secret& password;
    };

    explicit Remembered(const Limits&);
    ~Remembered();
    Remembered(const Remembered&) = delete;

    std::optional<Identified> find(const Login&, Instant now) const;
    /// `since`: what changes() said before the password was checked. If a credential has changed
    /// meanwhile nothing is remembered.
    struct Proof {
        Identified who;
        std::uint64_t since;
        Duration at_most = Duration::max();
    };
    void remember(const Login&, Proof, Instant now);
    std::uint64_t changes() const { return changes_; }
    /// Credentials of this account have changed.
    void forget(std::uint64_t account);
    void forget_all();
    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        Identified who;
        Instant until;
    };
    std::string key_of(const Login&) const;
    void make_room(Instant now);

    Limits limits_;
    std::array<unsigned char, 32> key_{};
    std::uint64_t changes_ = 0;
    std::unordered_map<std::string, Entry> entries_;
};

} // namespace posthouse::clerk
