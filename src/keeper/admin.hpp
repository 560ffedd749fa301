// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/letters.hpp"
#include "keeper/office.hpp"
#include "wire/messages.pb.h"

namespace posthouse::keeper {

class Dispatch;
class Reading;

/// The administrator's desk: accounts, the queue, traces, explanations. The running keeper serves
/// it on the control socket; when the server is stopped the command line uses it on the locked
/// store itself, without a house around it.
class Admin {
public:
    /// What one request may cost; whoever wants more asks again with `next`.
    struct Limits {
        static constexpr std::size_t accounts_a_page = 1000;
    };

    /// The rest of the running keeper; null when the server is stopped.
    struct House {
        Dispatch* dispatch = nullptr;
        Reading* reading = nullptr;
    };

    Admin(Office& office, Letters& letters, House house)
        : office_(office),
          letters_(letters),
          house_(house)
    {
    }

    /// Never fails as a call: what went wrong is in the answer, in words for the administrator.
    Task<wire::AdminAnswer> answer(wire::Admin);

private:
    using Request = const wire::Admin&;
    using Answer = Task<wire::AdminAnswer>;
    struct Command;
    static const Command* find(std::string_view name);

    // accounts: admin_accounts.cpp
    Answer user_add(Request);
    Answer user_list(Request);
    Answer user_passwd(Request);
    Answer user_remove(Request);
    Task<store::Result<void>> erase_mailbox(mailbox::AccountId);

    Office& office_;
    [[maybe_unused]] Letters& letters_;
    House house_;
};

} // namespace posthouse::keeper
