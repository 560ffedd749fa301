// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/dispatch.hpp"
#include "keeper/office.hpp"

#include <optional>
#include <set>
#include <string>
#include <unordered_map>

namespace posthouse::keeper {

/// Who exists in the domains whose backup MX we are: by a list that we were given, or by asking
/// their primary (a callout), whose answers are remembered.
class Primary {
public:
    struct Limits {
        static constexpr std::size_t remembered = 100'000;
        static constexpr Duration taken_for = std::chrono::days(1);
        static constexpr Duration refused_for = std::chrono::hours(1);
        static constexpr std::size_t at_once = 50; // callouts
    };

    Primary(Office& office, Dispatch& dispatch) : office_(office), dispatch_(dispatch) {}

    /// A verdict is a refusal. Whoever cannot be asked about is taken: the primary is down, which
    /// is what we are there for.
    Task<std::optional<wire::Verdict>> ask(mail::Mailbox);

private:
    bool is_listed(const mail::Mailbox&);
    Task<std::optional<wire::Verdict>> call_out(mail::Mailbox);

    struct Known {
        bool taken;
        std::string text;
        Instant until;
    };
    Office& office_;
    Dispatch& dispatch_;
    std::unordered_map<std::string, Known> known_;
    std::size_t under_way_ = 0;
    std::uint64_t list_generation_ = ~0ull;
    std::set<std::string, std::less<>> list_;
};

} // namespace posthouse::keeper
