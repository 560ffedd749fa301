// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "directory/accounts.hpp"
#include "mailbox/account.hpp"
#include "process/start_up.hpp"
#include "routing/engine.hpp"
#include "spool/spool.hpp"
#include "store/engine.hpp"
#include "wire/frame.hpp"
#include "wire/messages.pb.h"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>

namespace posthouse::keeper {

/// Accounts' partitions that are open; the most recently used ones stay so.
class OpenAccounts {
public:
    static constexpr std::size_t most = 10'000;

    explicit OpenAccounts(store::Engine& engine) : engine_(engine) {}
    Task<mailbox::Result<std::shared_ptr<mailbox::Account>>> open(mailbox::AccountId);
    void forget(mailbox::AccountId);
    /// Nobody opens it until it is reopened: it is being replaced.
    void shut(mailbox::AccountId id) { shut_.insert(id); }
    void reopen(mailbox::AccountId id) { shut_.erase(id); }
    /// Nobody has it, and nothing of it is under way.
    bool is_free(mailbox::AccountId id) const
    {
        const auto found = accounts_.find(id);
        return found == accounts_.end() ||
               (found->second.account.use_count() == 1 && found->second.account->idle());
    }
    /// Called for each account when it is opened, before anybody has it.
    void on_open(std::function<void(mailbox::Account&)> call) { on_open_ = std::move(call); }
    /// Nothing: it is not open.
    mailbox::Account* known(mailbox::AccountId id) const
    {
        const auto found = accounts_.find(id);
        return found == accounts_.end() ? nullptr : found->second.account.get();
    }
    /// What the lists of mailboxes may take; beyond it those used longest ago are forgotten.
    void set_memory(std::uint64_t bytes) { memory_ = bytes; }
    /// Forgets what is too much. To be called now and then.
    void shrink();
    /// Those whose make_room() has something to do.
    std::vector<std::shared_ptr<mailbox::Account>> wanting_room() const;
    /// Those that are open now.
    std::vector<std::shared_ptr<mailbox::Account>> all() const;

private:
    void shed();

    struct Entry {
        std::shared_ptr<mailbox::Account> account;
        std::list<mailbox::AccountId>::iterator used;
    };
    store::Engine& engine_;
    std::unordered_map<mailbox::AccountId, Entry> accounts_;
    std::set<mailbox::AccountId> shut_;
    std::list<mailbox::AccountId> used_; // the latest first
    std::uint64_t forgotten_ = 0;        // how many, so far
    std::function<void(mailbox::Account&)> on_open_;
    std::uint64_t memory_ = 256 << 20;
};

/// Who exists, as far as it was looked up.
class KnownPersons final : public routing::Directory {
public:
    const routing::Standing* find(const routing::Person& person) const override
    {
        const auto found = known_.find(person);
        return found == known_.end() ? nullptr : &found->second;
    }
    void add(routing::Person person, routing::Standing standing)
    {
        known_.insert_or_assign(std::move(person), standing);
    }

private:
    std::map<routing::Person, routing::Standing> known_;
};

/// What every desk of the keeper works with.
class Office {
public:
    template <class T>
    using Answer = std::expected<T, wire::Failure>;

    struct Limits {
        static constexpr std::size_t logins_remembered = 10'000;
        static constexpr Duration login_remembered = std::chrono::minutes(1);
        static constexpr int rounds = 64; // of looking up what routing asks for
    };

    Office(boost::asio::any_io_executor, store::Engine&, std::shared_ptr<const process::Settings>);

    Task<store::Result<void>> open();
    void configure(std::shared_ptr<const process::Settings>);
    /// Compiled tables; `owner` keeps them mapped.
    void set_tables(routing::Tables, std::shared_ptr<const void> owner);
    /// How to ask which logins this host has; the answers in their order.
    using FindLogins = std::function<Task<Answer<std::vector<bool>>>(std::vector<std::string>)>;
    void set_find_logins(FindLogins find) { find_logins_ = std::move(find); }

    /// How to find and make the account of an address that only an outside source may know.
    using FindOutside =
        std::function<Task<Answer<std::optional<directory::AccountId>>>(mail::Mailbox)>;
    void set_find_outside(FindOutside find) { find_outside_ = std::move(find); }
    const FindOutside& find_outside() const { return find_outside_; }

    const process::Settings& settings() const { return *settings_; }
    const config::Config& config() const { return settings_->config; }
    const routing::Rules& rules() const { return rules_; }
    const routing::Tables& tables() const { return tables_; }
    boost::asio::any_io_executor executor() const { return executor_; }
    bool is_local(const mail::Domain&) const;

    /// In their order.
    Task<Answer<std::vector<routing::Standing>>> look_up(std::vector<routing::Person>);
    /// May this recipient be accepted?
    Task<Answer<routing::Verdict>> check(mail::ReversePath sender, mail::ForwardPath,
                                         routing::Client, routing::Telling);
    Task<Answer<routing::Outcome>> route(routing::Question, routing::Telling);

    store::Engine& engine;
    SystemRandom random;
    spool::Spool spool;
    spool::LetterIds letter_ids;
    directory::Accounts accounts;
    OpenAccounts open_accounts;

private:
    Task<Answer<void>> look_up_logins(const std::vector<std::string>&,
                                      std::map<std::string, bool>& found);

    boost::asio::any_io_executor executor_;
    std::shared_ptr<const process::Settings> settings_;
    routing::Rules rules_;
    routing::Tables tables_;
    std::shared_ptr<const void> tables_owner_;
    FindLogins find_logins_;
    FindOutside find_outside_;
    struct Login {
        bool exists;
        Instant until;
    };
    std::unordered_map<std::string, Login> logins_;
};

routing::Client client_of(const wire::Origin&);
routing::Client client_of(const spool::Letter&);

wire::Failure failure_of(store::Error);
wire::Failure failure_of(directory::Error);

} // namespace posthouse::keeper
