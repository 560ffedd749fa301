// SPDX-License-Identifier: Apache-2.0
#include "keeper/office.hpp"

#include "base/log.hpp"

#include <set>

namespace posthouse::keeper {

Task<store::Result<std::shared_ptr<mailbox::Account>>> OpenAccounts::open(mailbox::AccountId id)
{
    for (;;) {
        if (const auto found = accounts_.find(id); found != accounts_.end()) {
            used_.splice(used_.begin(), used_, found->second.used);
            co_return found->second.account;
        }
        const auto forgotten = forgotten_;
        auto account = co_await mailbox::Account::open(engine_, id, wall_clock());
        if (!account)
            co_return std::unexpected(account.error());
        // Someone else may have opened it meanwhile: there must be one writer only. And where one
        // was opened, used and forgotten meanwhile, what we read may be out of date.
        if (accounts_.contains(id) || forgotten != forgotten_)
            continue;
        used_.push_front(id);
        accounts_.emplace(id, Entry{*account, used_.begin()});
        shed();
        co_return std::move(*account);
    }
}

void OpenAccounts::forget(mailbox::AccountId id)
{
    const auto found = accounts_.find(id);
    if (found == accounts_.end())
        return;
    used_.erase(found->second.used);
    accounts_.erase(found);
    ++forgotten_;
}

/// An account that somebody holds stays, whatever its age.
void OpenAccounts::shed()
{
    for (auto oldest = used_.rbegin(); accounts_.size() > most && oldest != used_.rend();) {
        const auto id = *oldest++;
        const auto& account = accounts_.at(id).account;
        if (account.use_count() == 1 && account->idle()) {
            forget(id);
            return;
        }
    }
}

Office::Office(boost::asio::any_io_executor executor, store::Engine& the_engine,
               std::shared_ptr<const process::Settings> settings)
    : engine(the_engine),
      spool(the_engine),
      letter_ids(random),
      accounts(the_engine, random),
      open_accounts(the_engine),
      executor_(std::move(executor))
{
    configure(std::move(settings));
}

Task<store::Result<void>> Office::open()
{
    co_return co_await spool.open(random);
}

void Office::configure(std::shared_ptr<const process::Settings> settings)
{
    settings_ = std::move(settings);
    std::set<mail::Domain> domains;
    for (const auto& [domain, local] : config().domains)
        domains.insert(domain);
    accounts.set_domains(std::move(domains));
}

bool Office::is_local(const mail::Domain& domain) const
{
    return config().domains.contains(domain);
}

Task<std::expected<routing::Facts, wire::Failure>>
Office::facts_of(const mail::ForwardPath& recipient)
{
    routing::Facts facts;
    if (!recipient.mailbox())
        co_return co_await facts_of_postmaster();
    const auto& mailbox = *recipient.mailbox();
    const auto domain = config().domains.find(mailbox.domain());
    if (domain == config().domains.end())
        co_return facts;
    facts.local_domain = true;
    auto account = co_await accounts.id_of(mailbox);
    if (!account)
        co_return std::unexpected(failure_of(account.error()));
    if (*account)
        facts.account = static_cast<std::uint64_t>(**account);
    facts.catch_all = domain->second.catch_all;
    if (facts.account == 0 && facts.catch_all) {
        auto target = co_await accounts.id_of(*facts.catch_all);
        if (!target)
            co_return std::unexpected(failure_of(target.error()));
        if (*target)
            facts.catch_all_account = static_cast<std::uint64_t>(**target);
    }
    co_return facts;
}

/// `Postmaster` alone is always one of ours (RFC 5321 §4.5.1): that of the host's own name, else
/// that of any domain, else whoever gets a domain's odd mail.
Task<std::expected<routing::Facts, wire::Failure>> Office::facts_of_postmaster()
{
    routing::Facts facts;
    facts.local_domain = true;
    std::vector<mail::Domain> domains;
    if (is_local(config().hostname))
        domains.push_back(config().hostname);
    for (const auto& [domain, local] : config().domains)
        domains.push_back(domain);
    for (const auto& domain : domains) {
        auto account = co_await accounts.id_of(routing::postmaster_of(domain));
        if (!account)
            co_return std::unexpected(failure_of(account.error()));
        if (*account) {
            facts.account = static_cast<std::uint64_t>(**account);
            co_return facts;
        }
    }
    for (const auto& [domain, local] : config().domains) {
        if (!local.catch_all)
            continue;
        auto account = co_await accounts.id_of(*local.catch_all);
        if (!account)
            co_return std::unexpected(failure_of(account.error()));
        if (*account) {
            facts.catch_all = local.catch_all;
            facts.catch_all_account = static_cast<std::uint64_t>(**account);
            co_return facts;
        }
    }
    co_return facts;
}

wire::Failure failure_of(store::Error error)
{
    switch (error) {
    case store::Error::no_space:
        return wire::Failure::no_space;
    case store::Error::not_found:
        return wire::Failure::refused;
    case store::Error::too_large:
        return wire::Failure::invalid;
    default:
        return wire::Failure::unavailable;
    }
}

wire::Failure failure_of(directory::Error error)
{
    return error == directory::Error::no_space ? wire::Failure::no_space
                                               : wire::Failure::unavailable;
}

} // namespace posthouse::keeper
