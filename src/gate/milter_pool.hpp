// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.hpp"
#include "base/unique_fd.hpp"
#include "gate/outside.hpp"
#include "milter/negotiation.hpp"
#include "net/channel.hpp"

#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace posthouse::gate {

/// Connections to mail filters, for the sessions of one thread. A gate may not connect: the
/// supervisor does, and hands the connection over. Those whose session has ended are kept for the
/// next for a while, where the filter can do that.
class MilterPool {
public:
    struct Limits {
        static constexpr std::size_t idle_per_filter = 4;
        static constexpr Duration idle = std::chrono::seconds(60);
        /// Of letters that are kept whole until the filters have seen them.
        static constexpr std::uint64_t letters_bytes = 512 << 20;
    };

    MilterPool(net::Deadlines& deadlines, Outside& outside)
        : deadlines_(deadlines),
          outside_(outside)
    {
    }

    struct Connection {
        std::unique_ptr<net::Channel> channel;
        /// Where it was kept: what was agreed on then.
        std::optional<milter::Terms> agreed;
    };
    enum class Kind : std::uint8_t { any, fresh };
    /// The error says why there is none.
    Task<std::expected<Connection, std::string>> connect(std::string milter, Kind, Instant until);
    void keep(const std::string& milter, std::unique_ptr<net::Channel>, milter::Terms);
    /// The settings have changed: who is asked next may be another.
    void forget_idle() { idle_.clear(); }

    /// Room for more bytes of a letter; false: there is none.
    [[nodiscard]] bool reserve(std::uint64_t bytes);
    void release(std::uint64_t bytes) { letters_bytes_ -= bytes; }

private:
    struct Idle {
        std::unique_ptr<net::Channel> channel;
        milter::Terms terms;
        Instant until;
    };

    std::optional<Connection> take_idle(const std::string& milter);
    Task<std::expected<UniqueFd, std::string>> ask_for(std::string milter, Instant until);

    net::Deadlines& deadlines_;
    Outside& outside_;
    std::map<std::string, std::deque<Idle>> idle_;
    std::uint64_t letters_bytes_ = 0;
};

} // namespace posthouse::gate
