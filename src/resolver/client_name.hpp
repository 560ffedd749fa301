// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "dns/lookup.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>

namespace posthouse::resolver {

/// "1.2.0.192.in-addr.arpa" (RFC 1035 §3.5), or its like under ip6.arpa (RFC 3596 §2.5).
std::string reverse_name(const dns::IpAddress&);

/// Names of clients. A name counts only where its own addresses hold the client's: anyone may write
/// any name into the reverse zone of his network.
class ClientNames {
public:
    struct Limits {
        static constexpr std::size_t names = 5; // of one address, that are tried
        static constexpr std::size_t kept = 4096;
        static constexpr Duration keep = std::chrono::minutes(5);
    };

    explicit ClientNames(std::shared_ptr<dns::Lookup> lookup) : lookup_(std::move(lookup)) {}

    /// The name in lower case; "": it has none, or none that holds, or that cannot be found out
    /// now.
    static Task<std::string> find(std::shared_ptr<ClientNames>, std::string address, Instant now);

private:
    struct Kept {
        std::string name;
        Instant until;
    };

    static Task<std::string> confirm(std::shared_ptr<dns::Lookup>, dns::IpAddress, bool& certain);
    void keep(const dns::IpAddress&, const std::string& name, Instant now);

    std::shared_ptr<dns::Lookup> lookup_;
    std::map<dns::IpAddress, Kept> kept_;
};

} // namespace posthouse::resolver
