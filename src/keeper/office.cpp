// SPDX-License-Identifier: Apache-2.0
#include "keeper/office.hpp"

#include "routing/rules.hpp"

#include "base/log.hpp"

#include <set>

namespace posthouse::keeper {

Task<mailbox::Result<std::shared_ptr<mailbox::Account>>> OpenAccounts::open(mailbox::AccountId id)
{
    int tries = 0;
    for (;;) {
        if (shut_.contains(id))
            co_return std::unexpected(mailbox::Error::unavailable);
        if (const auto found = accounts_.find(id); found != accounts_.end()) {
            used_.splice(used_.begin(), used_, found->second.used);
            co_return found->second.account;
        }
        const auto forgotten = forgotten_;
        auto account = co_await mailbox::Account::open(engine_, id, wall_clock());
        if (!account && account.error() == mailbox::Error::unknown && ++tries < 3)
            continue; // Whether the INBOX was made shows when we look again.
        if (!account)
            co_return std::unexpected(account.error());
        // Someone else may have opened it meanwhile: there must be one writer only. And where one
        // was opened, used and forgotten meanwhile, what we read may be out of date.
        if (accounts_.contains(id) || shut_.contains(id) || forgotten != forgotten_)
            continue;
        if (on_open_)
            on_open_(**account);
        used_.push_front(id);
        accounts_.emplace(id, Entry{*account, used_.begin()});
        shed();
        // What a crash left; should it not work now, then at the next opening.
        (void)co_await (*account)->settle();
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

void OpenAccounts::shrink()
{
    std::uint64_t bytes = 0;
    for (const auto& [id, entry] : accounts_)
        bytes += entry.account->memory_bytes();
    for (auto oldest = used_.rbegin(); bytes > memory_ && oldest != used_.rend(); ++oldest) {
        auto& account = *accounts_.at(*oldest).account;
        const auto before = account.memory_bytes();
        if (!account.idle())
            continue;
        account.shrink();
        bytes -= before - account.memory_bytes();
    }
}

std::vector<std::shared_ptr<mailbox::Account>> OpenAccounts::wanting_room() const
{
    std::vector<std::shared_ptr<mailbox::Account>> some;
    for (const auto& [id, entry] : accounts_)
        if (entry.account->wants_room())
            some.push_back(entry.account);
    return some;
}

std::vector<std::shared_ptr<mailbox::Account>> OpenAccounts::all() const
{
    std::vector<std::shared_ptr<mailbox::Account>> some;
    for (const auto& [id, entry] : accounts_)
        some.push_back(entry.account);
    return some;
}

Office::Office(boost::asio::any_io_executor executor, store::Engine& the_engine,
               std::shared_ptr<const process::Settings> settings)
    : engine(the_engine),
      spool(the_engine),
      letter_ids(random),
      accounts(the_engine, random),
      open_accounts(the_engine),
      executor_(std::move(executor)),
      rules_{.hostname = settings->config.hostname}
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
    rules_ = routing::rules_from(config());
}

void Office::set_tables(routing::Tables tables, std::shared_ptr<const void> owner)
{
    tables_ = tables;
    tables_owner_ = std::move(owner);
}

bool Office::is_local(const mail::Domain& domain) const
{
    return config().domains.contains(domain);
}

// ---- who exists -----------------------------------------------------------------------------

Task<Office::Answer<std::vector<routing::Standing>>>
Office::look_up(std::vector<routing::Person> persons)
{
    using Kind = routing::Person::Kind;
    std::map<std::string, bool> logins;
    std::vector<std::string> asked;
    for (const auto& person : persons)
        if (person.kind == Kind::login)
            asked.push_back(person.name);
    if (!asked.empty())
        if (auto done = co_await look_up_logins(asked, logins); !done)
            co_return std::unexpected(done.error());
    std::vector<routing::Standing> standings(persons.size());
    for (std::size_t i = 0; i < persons.size(); ++i) {
        if (persons[i].kind == Kind::login) {
            standings[i].exists = logins[persons[i].name];
            continue;
        }
        const auto mailbox = mail::Mailbox::parse(persons[i].name);
        if (!mailbox || !is_local(mailbox->domain()))
            continue;
        auto id = co_await accounts.id_of(*mailbox);
        if (!id)
            co_return std::unexpected(failure_of(id.error()));
        if (!*id && find_outside_) {
            const auto outside = co_await find_outside_(*mailbox);
            if (!outside)
                co_return std::unexpected(outside.error());
            *id = *outside;
        }
        standings[i].exists = id->has_value();
        standings[i].account = *id ? static_cast<std::uint64_t>(**id) : 0;
    }
    co_return standings;
}

Task<Office::Answer<void>> Office::look_up_logins(const std::vector<std::string>& names,
                                                  std::map<std::string, bool>& found)
{
    const auto now = Instant::clock::now();
    std::vector<std::string> unknown;
    for (const auto& name : names) {
        const auto known = logins_.find(name);
        if (known != logins_.end() && now < known->second.until)
            found[name] = known->second.exists;
        else
            unknown.push_back(name);
    }
    if (unknown.empty())
        co_return Answer<void>{};
    if (!find_logins_)
        co_return std::unexpected(wire::Failure::closed);
    auto answers = co_await find_logins_(unknown);
    if (!answers)
        co_return std::unexpected(answers.error());
    if (answers->size() != unknown.size())
        co_return std::unexpected(wire::Failure::invalid);
    if (logins_.size() + unknown.size() > Limits::logins_remembered)
        logins_.clear();
    for (std::size_t i = 0; i < unknown.size(); ++i) {
        found[unknown[i]] = (*answers)[i];
        logins_[unknown[i]] = {(*answers)[i], now + Limits::login_remembered};
    }
    co_return Answer<void>{};
}

namespace {

Task<Office::Answer<void>> learn(Office& office, KnownPersons& known,
                                 std::vector<routing::Person> unknown)
{
    auto standings = co_await office.look_up(unknown);
    if (!standings)
        co_return std::unexpected(standings.error());
    for (std::size_t i = 0; i < unknown.size(); ++i)
        known.add(std::move(unknown[i]), (*standings)[i]);
    co_return Office::Answer<void>{};
}

} // namespace

Task<Office::Answer<routing::Verdict>> Office::check(mail::ReversePath sender,
                                                     mail::ForwardPath recipient,
                                                     routing::Client client,
                                                     routing::Telling telling)
{
    KnownPersons known;
    for (int round = 0; round < Limits::rounds; ++round) {
        auto verdict = routing::check(sender, recipient, client, rules_, tables_, known, telling);
        if (verdict.unknown.empty())
            co_return verdict;
        if (auto done = co_await learn(*this, known, std::move(verdict.unknown)); !done)
            co_return std::unexpected(done.error());
    }
    co_return std::unexpected(wire::Failure::unavailable);
}

Task<Office::Answer<routing::Outcome>> Office::route(routing::Question question,
                                                     routing::Telling telling)
{
    KnownPersons known;
    for (int round = 0; round < Limits::rounds; ++round) {
        auto outcome = routing::route(question, rules_, tables_, known, telling);
        if (outcome.unknown.empty())
            co_return outcome;
        if (auto done = co_await learn(*this, known, std::move(outcome.unknown)); !done)
            co_return std::unexpected(done.error());
    }
    co_return std::unexpected(wire::Failure::unavailable);
}

routing::Client client_of(const wire::Origin& origin)
{
    return {.address = origin.client_address(),
            .name = origin.client_name(),
            .login = origin.login(),
            .local = origin.local()};
}

routing::Client client_of(const spool::Letter& letter)
{
    return {.address = letter.client_address(),
            .name = letter.client_name(),
            .login = letter.login(),
            .local = letter.local()};
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
