// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/private_key.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::signer {

/// The private keys, by the names of their public parts.
class Keys {
public:
    struct Limits {
        static constexpr std::size_t keys = 4096; // twice what [[tls.site]] may name, and more
    };

    /// False: there are too many.
    bool add(net::PrivateKey);
    /// These are in use now. All others go, but for those of the settlement before: somebody may
    /// be in a handshake with one.
    void settle(const std::vector<std::string>& names);
    /// nullptr: there is none.
    std::shared_ptr<const net::PrivateKey> find(std::string_view name) const;
    std::size_t size() const { return keys_.size(); }

private:
    std::map<std::string, std::shared_ptr<const net::PrivateKey>, std::less<>> keys_;
    std::set<std::string, std::less<>> settled_;
};

} // namespace posthouse::signer
