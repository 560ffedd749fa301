// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "keeper/office.hpp"
#include "wire/link.hpp"
#include "wire/login.pb.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace posthouse::keeper {

/// The keeper's side of logins: finds credentials for the clerk, gives out a ticket for each login
/// that the clerk vouches for, and lets a gate redeem it once. Tells the clerk what has changed.
class Logins {
public:
    struct Limits {
        static constexpr auto ticket_lives = std::chrono::seconds(30);
        static constexpr std::size_t tickets = 10'000;
        static constexpr int aliases = 500; // of a person of an outside source
    };

    explicit Logins(Office& office) : office_(office) {}

    Task<wire::Result<wire::Answer>> answer_clerk(wire::Frame);
    /// The clerk, now or again.
    void linked(std::shared_ptr<wire::Link> clerk) { clerk_ = std::move(clerk); }

    /// For whom the clerk has vouched.
    struct Vouched {
        mailbox::AccountId account;
        std::string address;  // the account's
        std::string protocol; // it logged in by
        std::string client;   // its address
    };
    /// Once. Nothing: there is no such ticket, or it is too old.
    std::optional<Vouched> redeem(const std::string& ticket);

    /// A credential of the account has changed, or it is gone: what the clerk remembers of it
    /// counts no longer, nor do tickets that are out.
    void changed(mailbox::AccountId);

    /// May this account use the address as its sender: its own, an alias, one it is a delegate
    /// for; with any detail behind the separator.
    Task<Office::Answer<bool>> may_send_as(mailbox::AccountId, mail::Mailbox);

    /// The account for an address that only an outside source may know: found there and made here
    /// at its first letter or login. Nothing: nobody knows it.
    Task<Office::Answer<std::optional<directory::AccountId>>> find_outside(mail::Mailbox);

private:
    Task<wire::Result<wire::Answer>> find_login(wire::Frame);
    Task<wire::Result<wire::Answer>> provide_account(wire::Frame);
    Task<Office::Answer<directory::Account>> provide(wire::ProvideAccount);
    Task<void> take_aliases(directory::Account&, const wire::ProvideAccount&);
    wire::Result<wire::Answer> vouch(const wire::Frame&);

    struct Ticket {
        Vouched vouched;
        Instant until;
    };
    Office& office_;
    std::shared_ptr<wire::Link> clerk_;
    std::map<std::string, Ticket> tickets_;
};

} // namespace posthouse::keeper
