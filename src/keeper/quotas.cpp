// SPDX-License-Identifier: Apache-2.0
#include "keeper/quotas.hpp"

#include "base/log.hpp"
#include "mailbox/keys.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace posthouse::keeper {
namespace {

constexpr std::size_t accounts_a_page = 200;

mailbox::AccountId id_of(const directory::Account& account)
{
    return mailbox::AccountId{static_cast<std::uint64_t>(account.id)};
}

} // namespace

Quotas::Quotas(Office& office)
    : office_(office),
      counted_(office.config().mailboxes.domains.empty())
{
    office_.accounts.on_added([this](const directory::Account& account) { learn(account); });
}

void Quotas::configure()
{
    const auto& wanted = office_.config().mailboxes.domains;
    std::map<std::string, Domain> domains;
    for (const auto& quota : wanted) {
        Domain domain{quota, nullptr};
        if (quota.total_bytes != 0 || quota.total_messages != 0) {
            const auto before = domains_.find(quota.name);
            domain.room = before != domains_.end() && before->second.room
                              ? before->second.room
                              : std::make_shared<mailbox::CommonRoom>();
            domain.room->set_limits({quota.total_bytes, quota.total_messages});
        }
        domains.emplace(quota.name, std::move(domain));
    }
    domains_ = std::move(domains);
    ++round_;
    counted_ = domains_.empty();
    if (domains_.empty())
        domain_of_.clear();
    for (const auto& account : office_.open_accounts.all())
        opened(*account);
    if (!counted_)
        boost::asio::co_spawn(office_.executor(), count_all(round_), boost::asio::detached);
}

void Quotas::opened(mailbox::Account& account)
{
    const auto& config = office_.config().mailboxes;
    account.keep_expunged(config.undelete);
    const auto known = domain_of_.find(account.id());
    const auto domain = known == domain_of_.end() ? domains_.end() : domains_.find(known->second);
    if (domain != domains_.end()) {
        account.set_quota({domain->second.quota.quota_bytes, domain->second.quota.quota_messages});
        account.share_room(domain->second.room);
        return;
    }
    // Until it is known of which domain it is, it is not refused what that would give it.
    account.set_quota(counted_ ? mailbox::QuotaLimits{config.quota_bytes, config.quota_messages}
                               : mailbox::QuotaLimits{});
    account.share_room(nullptr);
}

std::vector<Quotas::DomainUse> Quotas::domains() const
{
    std::vector<DomainUse> uses;
    for (const auto& [name, domain] : domains_)
        if (domain.room)
            uses.push_back({name, domain.room->held(), domain.room->limits()});
    return uses;
}

void Quotas::learn(const directory::Account& account)
{
    const auto address = mail::Mailbox::parse(account.address);
    if (domains_.empty() || !address)
        return;
    const auto domain = std::string(address->domain().text());
    if (!domains_.contains(domain))
        return;
    domain_of_[id_of(account)] = domain;
    if (auto* open = office_.open_accounts.known(id_of(account)))
        opened(*open);
}

Task<void> Quotas::count_all(std::uint64_t round)
{
    std::string after;
    while (co_await count_some(after, round)) {
    }
    if (round_ != round)
        co_return;
    if (!after.empty())
        log::warning("quota.uncounted");
    counted_ = after.empty();
    for (const auto& account : office_.open_accounts.all())
        opened(*account);
}

/// False: that was all (and `after` is empty), or it cannot go on.
Task<bool> Quotas::count_some(std::string& after, std::uint64_t round)
{
    auto page = co_await office_.accounts.list(after, accounts_a_page);
    if (round_ != round)
        co_return false;
    if (!page) {
        after = "-";
        co_return false;
    }
    for (const auto& account : page->accounts) {
        learn(account);
        const auto known = domain_of_.find(id_of(account));
        if (known == domain_of_.end())
            continue;
        const auto domain = domains_.find(known->second);
        if (domain != domains_.end() && domain->second.room)
            co_await count_account(id_of(account), domain->second.room);
        if (round_ != round)
            co_return false;
    }
    after = page->after;
    co_return !after.empty();
}

/// It has told of itself where it is open.
Task<void> Quotas::count_account(mailbox::AccountId id, std::shared_ptr<mailbox::CommonRoom> room)
{
    auto page = co_await office_.engine.partitions().read(mailbox::partition_of(id),
                                                          {mailbox::key::account});
    mailbox::AccountRecord record;
    if (page && !page->rows.empty() && record.ParseFromString(page->rows.front().value))
        room->found(id, {record.bytes(), record.messages()});
}

} // namespace posthouse::keeper
