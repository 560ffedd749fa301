// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "directory/accounts.hpp"
#include "keeper/office.hpp"
#include "mailbox/common_room.hpp"

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace posthouse::keeper {

/// On which terms accounts keep letters: how much each may hold (what was set for it, or else its
/// domain's quota, or else everybody's), how much the accounts of a domain may hold together, and
/// how long what was expunged can be brought back.
///
/// Which account is of which domain, and what it holds, is read when the server runs already.
/// Until an account was come to, no quota of a domain is asked of it.
class Quotas {
public:
    explicit Quotas(Office&);

    /// Once it runs, and after each change of the configuration: terms of all that are open.
    void configure();
    /// Of one that was opened just now.
    void opened(mailbox::Account&);

    struct DomainUse {
        std::string name;
        mailbox::CommonRoom::Held held;
        mailbox::QuotaLimits limits;
    };
    /// Those that have a total.
    std::vector<DomainUse> domains() const;
    /// Everything was come to.
    bool counted() const { return counted_; }

private:
    struct Domain {
        config::DomainQuota quota;
        std::shared_ptr<mailbox::CommonRoom> room; ///< nothing: it has no total
    };
    Task<void> count_all(std::uint64_t round);
    Task<bool> count_some(std::string& after, std::uint64_t round);
    Task<void> count_account(mailbox::AccountId, std::shared_ptr<mailbox::CommonRoom>);
    void learn(const directory::Account&);

    Office& office_;
    std::map<std::string, Domain> domains_;
    std::unordered_map<mailbox::AccountId, std::string> domain_of_;
    std::uint64_t round_ = 0; ///< of counting; another one ends those before
    bool counted_;
};

} // namespace posthouse::keeper
