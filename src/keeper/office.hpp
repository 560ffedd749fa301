// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "directory/accounts.hpp"
#include "mailbox/account.hpp"
#include "process/start_up.hpp"
#include "routing/router.hpp"
#include "spool/spool.hpp"
#include "store/engine.hpp"
#include "wire/frame.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <list>
#include <memory>
#include <unordered_map>

namespace posthouse::keeper {

/// Accounts' partitions that are open; the most recently used ones stay so.
class OpenAccounts {
public:
    static constexpr std::size_t most = 10'000;

    explicit OpenAccounts(store::Engine& engine) : engine_(engine) {}
    Task<store::Result<std::shared_ptr<mailbox::Account>>> open(mailbox::AccountId);
    void forget(mailbox::AccountId);

private:
    void shed();

    struct Entry {
        std::shared_ptr<mailbox::Account> account;
        std::list<mailbox::AccountId>::iterator used;
    };
    store::Engine& engine_;
    std::unordered_map<mailbox::AccountId, Entry> accounts_;
    std::list<mailbox::AccountId> used_; // the latest first
    std::uint64_t forgotten_ = 0;        // how many, so far
};

/// What every desk of the keeper works with.
class Office {
public:
    Office(boost::asio::any_io_executor, store::Engine&, std::shared_ptr<const process::Settings>);

    Task<store::Result<void>> open();
    void configure(std::shared_ptr<const process::Settings>);

    const config::Config& config() const { return settings_->config; }
    boost::asio::any_io_executor executor() const { return executor_; }
    bool is_local(const mail::Domain&) const;
    /// What a recipient is to us.
    Task<std::expected<routing::Facts, wire::Failure>> facts_of(const mail::ForwardPath&);

    Task<std::expected<routing::Facts, wire::Failure>> facts_of_postmaster();

    store::Engine& engine;
    SystemRandom random;
    spool::Spool spool;
    spool::LetterIds letter_ids;
    directory::Accounts accounts;
    OpenAccounts open_accounts;

private:
    boost::asio::any_io_executor executor_;
    std::shared_ptr<const process::Settings> settings_;
};

wire::Failure failure_of(store::Error);
wire::Failure failure_of(directory::Error);

} // namespace posthouse::keeper
