// SPDX-License-Identifier: Apache-2.0
#include "keeper/sharing.hpp"

#include "base/text.hpp"
#include "keeper/mailboxes.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <set>

namespace posthouse::keeper {
namespace {

using wire::Failure;

constexpr mailbox::AccountId anyone{0};
constexpr int attempts = 3;

std::string hints_of(mailbox::AccountId grantee)
{
    if (grantee == anyone)
        return "*";
    std::string key("g");
    append_u64(key, static_cast<std::uint64_t>(grantee));
    return key;
}

std::string hint_key(mailbox::AccountId owner, mailbox::AccountId grantee)
{
    auto key = hints_of(grantee);
    append_u64(key, static_cast<std::uint64_t>(owner));
    return key;
}

bool grants_anything(const mailbox::Account& account, mailbox::AccountId grantee)
{
    return std::ranges::any_of(account.state().boxes, [&](const auto& entry) {
        const auto& record = entry.second.record;
        return !record.doomed() && mailbox::grants_to(record, grantee);
    });
}

} // namespace

Sharing::Sharing(Office& office)
    : office_(office),
      writer_(office.engine, store::PartitionId{"shares"})
{
}

// ---- names ----------------------------------------------------------------------------------

std::optional<ForeignName> Sharing::parse(std::string_view name)
{
    if (!name.starts_with(prefix))
        return std::nullopt;
    name.remove_prefix(prefix.size());
    // A local part may have a slash, a domain has none: the first piece that is an address.
    for (auto end = name.find('/');; end = name.find('/', end + 1)) {
        const auto address = name.substr(0, end);
        if (auto owner = mail::Mailbox::parse(std::string(address)))
            return ForeignName{std::move(*owner), end == name.npos
                                                      ? std::string()
                                                      : std::string(name.substr(end + 1))};
        if (end == name.npos)
            return std::nullopt;
    }
}

std::string Sharing::name_of(const Person& owner, std::string_view path)
{
    std::string name(prefix);
    name += owner.address;
    if (!path.empty()) {
        name += '/';
        name += path;
    }
    return name;
}

// ---- people ---------------------------------------------------------------------------------

Task<wire::Result<std::optional<Person>>> Sharing::known_person(mail::Mailbox address)
{
    auto found = co_await office_.accounts.find(std::move(address));
    if (!found)
        co_return std::unexpected(failure_of(found.error()));
    if (!*found)
        co_return std::nullopt;
    co_return Person{mailbox::AccountId{static_cast<std::uint64_t>((*found)->id)},
                     (*found)->address};
}

Task<wire::Result<std::optional<Person>>> Sharing::person(mail::Mailbox address)
{
    auto found = co_await known_person(address);
    if (!found || *found || !office_.find_outside())
        co_return found;
    // It may be somebody who has never been here yet.
    auto made = co_await office_.find_outside()(address);
    if (!made)
        co_return std::unexpected(made.error());
    if (!*made)
        co_return std::nullopt;
    co_return co_await known_person(std::move(address));
}

Task<wire::Result<bool>> Sharing::is_there(Person person)
{
    auto address = mail::Mailbox::parse(person.address);
    if (!address)
        co_return false;
    auto id = co_await office_.accounts.id_of(std::move(*address));
    if (!id)
        co_return std::unexpected(failure_of(id.error()));
    co_return *id&& static_cast<std::uint64_t>(**id) == static_cast<std::uint64_t>(person.id);
}

// ---- access lists ---------------------------------------------------------------------------

/// RFC 4314 §2: a user's name, or anyone; with a hyphen before it, its negative rights.
Task<wire::Result<Sharing::Meant>> Sharing::meant(std::string identifier, const Place& place)
{
    Meant meant;
    meant.whom.negative = identifier.starts_with('-');
    if (meant.whom.negative)
        identifier.erase(0, 1);
    // Nobody is here who has not logged in.
    if (equal_ignoring_case(identifier, "anyone") ||
        equal_ignoring_case(identifier, "authenticated"))
        co_return meant;
    auto text = identifier;
    if (const auto at = place.owner.address.rfind('@');
        !text.contains('@') && at != std::string::npos)
        text += place.owner.address.substr(at); // A neighbour
    auto address = mail::Mailbox::parse(text);
    if (!address)
        co_return std::unexpected(Failure::cannot);
    auto found = co_await person(std::move(*address));
    if (!found)
        co_return std::unexpected(found.error());
    if (*found) {
        if ((*found)->id == place.owner.id)
            co_return std::unexpected(Failure::cannot); // He has all rights, always.
        meant.whom.account = (*found)->id;
        meant.name = (*found)->address;
        co_return meant;
    }
    // Somebody who has gone can still be struck off the list.
    if (const auto* box = place.account->mailbox(place.mailbox))
        for (const auto& grant : box->access())
            if (equal_ignoring_case(grant.name(), text)) {
                meant.whom.account = mailbox::AccountId{grant.account()};
                meant.name = grant.name();
                co_return meant;
            }
    co_return std::unexpected(Failure::cannot);
}

Task<wire::Result<void>> Sharing::change(Place place, Edit edit)
{
    if (!enabled())
        co_return std::unexpected(Failure::cannot);
    auto meant = co_await this->meant(std::move(edit.identifier), place);
    if (!meant)
        co_return std::unexpected(meant.error());
    const auto whom = meant->whom;
    const Claim claim(*this, place.owner.id);
    const bool opens =
        !whom.negative && edit.how != mailbox::AccessChange::How::remove && !edit.rights.empty();
    if (opens)
        if (auto noted = co_await note(place.owner, whom.account); !noted)
            co_return noted;
    auto done = co_await place.account->change_access(
        place.mailbox, {whom, edit.how, edit.rights, std::move(meant->name)});
    if (!done)
        co_return std::unexpected(failure_of(done.error()));
    if (opens && on_shared_)
        on_shared_(place.owner, whom.account);
    co_return wire::Result<void>();
}

Task<wire::Result<std::map<std::string, mailbox::Rights>>> Sharing::shown(mailbox::Mailbox box)
{
    std::map<std::string, mailbox::Rights> list;
    for (const auto& grant : box.access()) {
        if (const auto address = mail::Mailbox::parse(grant.name()); grant.account() != 0) {
            auto now =
                address ? co_await known_person(*address) : wire::Result<std::optional<Person>>();
            if (!now)
                co_return std::unexpected(now.error());
            if (*now && static_cast<std::uint64_t>((*now)->id) != grant.account())
                continue; // The address is another's by now.
        }
        std::string identifier(grant.negative() ? "-" : "");
        identifier += grant.account() == 0 ? "anyone" : grant.name();
        list[identifier] = mailbox::Rights::from_bits(grant.rights());
    }
    co_return list;
}

// ---- hints ----------------------------------------------------------------------------------

Sharing::Claim::Claim(Sharing& sharing, mailbox::AccountId owner) : sharing_(sharing), owner_(owner)
{
    ++sharing_.changing_[owner_];
}

Sharing::Claim::~Claim()
{
    const auto found = sharing_.changing_.find(owner_);
    if (--found->second == 0)
        sharing_.changing_.erase(found);
}

Task<wire::Result<void>> Sharing::note(Person owner, mailbox::AccountId grantee)
{
    // Again is the same.
    for (int attempt = 0;; ++attempt) {
        auto done = co_await writer_.apply([&](store::Writer::Batch& batch) {
            batch.put(hint_key(owner.id, grantee), owner.address);
        });
        if (done)
            co_return wire::Result<void>();
        if (attempt == attempts ||
            (done.error() != store::Error::conflict && done.error() != store::Error::unknown))
            co_return std::unexpected(failure_of(done.error()));
    }
}

void Sharing::opened(mailbox::Account& account)
{
    if (enabled() && std::ranges::any_of(account.state().boxes, [](const auto& entry) {
            return entry.second.record.access_size() > 0;
        }))
        boost::asio::co_spawn(office_.executor(), note_all(account.shared_from_this()),
                              boost::asio::detached);
}

Task<void> Sharing::note_all(std::shared_ptr<mailbox::Account> account)
{
    std::set<mailbox::AccountId> grantees;
    for (const auto& [id, box] : account->state().boxes)
        for (const auto& grant : box.record.access())
            if (!grant.negative())
                grantees.insert(mailbox::AccountId{grant.account()});
    if (grantees.empty())
        co_return;
    std::vector<std::string> keys;
    for (const auto grantee : grantees)
        keys.push_back(hint_key(account->id(), grantee));
    auto there = co_await office_.engine.partitions().read(writer_.partition(), keys);
    if (!there || there->rows.size() == keys.size())
        co_return;
    // Nobody remembers an account's address by its id but the hints themselves; this is for the
    // account that was restored, and looks through all of them.
    std::string after;
    do {
        auto page = co_await office_.accounts.list(after, 1000);
        if (!page)
            co_return;
        for (const auto& one : page->accounts)
            if (static_cast<std::uint64_t>(one.id) == static_cast<std::uint64_t>(account->id())) {
                for (const auto grantee : grantees)
                    (void)co_await note({account->id(), one.address}, grantee);
                co_return;
            }
        after = page->after;
    } while (!after.empty());
}

Task<wire::Result<std::vector<Sharing::Hint>>> Sharing::hints(mailbox::AccountId grantee)
{
    std::vector<Hint> found;
    const auto prefix_of_rows = hints_of(grantee);
    std::string after;
    for (;;) {
        auto page = co_await office_.engine.partitions().scan(writer_.partition(), prefix_of_rows,
                                                              after, store::Limits::page_rows);
        if (!page)
            co_return std::unexpected(failure_of(page.error()));
        for (const auto& row : page->rows) {
            after = row.key;
            if (row.key.size() != prefix_of_rows.size() + 8)
                continue;
            const auto owner = read_u64(std::string_view(row.key).substr(prefix_of_rows.size()));
            found.push_back({{mailbox::AccountId{owner}, row.value}, grantee});
        }
        if (!page->more)
            co_return found;
    }
}

/// A hint that does not hold is taken back, unless its list is just being changed.
Task<bool> Sharing::still_holds(const Hint& hint)
{
    auto there = co_await is_there(hint.owner);
    if (!there)
        co_return false;
    if (*there) {
        auto account = co_await office_.open_accounts.open(hint.owner.id);
        if (!account)
            co_return false;
        if (grants_anything(**account, hint.grantee))
            co_return true;
    }
    // From here to the writer's queue nothing is waited for: what is noted later stays.
    if (!changing_.contains(hint.owner.id))
        (void)co_await writer_.apply([&](store::Writer::Batch& batch) {
            batch.erase(hint_key(hint.owner.id, hint.grantee));
        });
    co_return false;
}

Task<wire::Result<std::vector<Person>>> Sharing::owners_for(mailbox::AccountId viewer)
{
    std::vector<Person> owners;
    if (!enabled())
        co_return owners;
    for (const auto grantee : {viewer, anyone}) {
        auto found = co_await hints(grantee);
        if (!found)
            co_return std::unexpected(found.error());
        for (const auto& hint : *found)
            if (hint.owner.id != viewer && std::ranges::find(owners, hint.owner) == owners.end() &&
                co_await still_holds(hint))
                owners.push_back(hint.owner);
    }
    co_return owners;
}

} // namespace posthouse::keeper
