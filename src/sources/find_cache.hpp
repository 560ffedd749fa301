// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "sources/sources.pb.h"

#include <optional>
#include <string>
#include <unordered_map>

namespace posthouse::sources {

/// Remembers for a while who exists and who does not. Of too many, those asked for longest ago go
/// first, half of all at once.
class FindCache {
public:
    static constexpr std::size_t most_entries = 32'768;

    explicit FindCache(Duration span, std::size_t most = most_entries) : span_(span), most_(most) {}

    std::optional<Reply> find(const std::string& address, Instant now);
    void put(const std::string& address, Reply, Instant now);
    std::size_t size() const { return young_.size() + old_.size(); }

private:
    struct Kept {
        Reply reply;
        Instant until;
    };
    using Entries = std::unordered_map<std::string, Kept>;

    Duration span_;
    std::size_t most_;
    Entries young_, old_;
};

} // namespace posthouse::sources
