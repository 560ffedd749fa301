// SPDX-License-Identifier: Apache-2.0
// The tree of mailboxes, and what is kept about each.
#include "base/contract.hpp"
#include "base/text.hpp"
#include "mailbox/account.hpp"
#include "mailbox/keys.hpp"

#include <algorithm>
#include <set>

namespace posthouse::mailbox {
namespace {

bool is_name(std::string_view name)
{
    if (name.empty() || name.size() > Limits::name_bytes || !is_utf8(name) ||
        name.starts_with('/') || name.ends_with('/') || name.contains("//") ||
        static_cast<std::size_t>(std::ranges::count(name, '/')) >= Limits::depth)
        return false;
    return std::ranges::none_of(
        name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// Every name above it, from the top.
std::vector<std::string> parents_of(std::string_view name)
{
    std::vector<std::string> parents;
    for (auto slash = name.find('/'); slash != std::string_view::npos;
         slash = name.find('/', slash + 1))
        parents.emplace_back(name.substr(0, slash));
    return parents;
}

/// Those above `name` that are not there yet.
std::vector<std::string> missing_parents(const Delta& delta, std::string_view name)
{
    auto parents = parents_of(name);
    std::erase_if(parents, [&](const auto& parent) { return delta.find(parent).has_value(); });
    return parents;
}

/// Who could do what with the mailbox above it can do so with this one. RFC 4314 §4
MailboxId add_below(Delta& delta, std::string name, Timestamp now)
{
    const auto slash = name.rfind('/');
    const auto parent =
        slash == std::string::npos ? std::nullopt : delta.find(name.substr(0, slash));
    const auto id = delta.add_box(std::move(name), now);
    if (parent)
        *delta.box(id)->mutable_access() = delta.look(*parent)->access();
    return id;
}

bool is_below(std::string_view name, std::string_view parent)
{
    return name.size() > parent.size() && name.starts_with(parent) && name[parent.size()] == '/';
}

} // namespace

Task<Result<MailboxId>> Account::create(std::string name, std::string special_use, Timestamp now)
{
    const auto self = shared_from_this();
    if (!is_name(name))
        co_return std::unexpected(Error::bad_name);
    MailboxId made{};
    auto done = co_await commit(
        [&](Delta& delta) -> Result<void> {
            if (delta.find(name))
                return std::unexpected(Error::exists);
            auto missing = missing_parents(delta, name);
            if (delta.boxes().size() + missing.size() + 1 > Limits::mailboxes)
                return std::unexpected(Error::limit);
            if (!special_use.empty())
                for (const auto* box : delta.boxes())
                    if (equal_ignoring_case(box->special_use(), special_use))
                        return std::unexpected(Error::cannot); // RFC 6154 §3
            for (auto& parent : missing)
                (void)add_below(delta, std::move(parent), now);
            made = add_below(delta, name, now);
            delta.box(made)->set_special_use(special_use);
            return {};
        },
        Limits::depth + 2);
    if (!done)
        co_return std::unexpected(done.error());
    if (listener_)
        listener_(MailboxId{0});
    co_return made;
}

Task<Result<void>> Account::remove(MailboxId id)
{
    const auto self = shared_from_this();
    if (id == inbox)
        co_return std::unexpected(Error::cannot);
    auto done = co_await commit(
        [&](Delta& delta) -> Result<void> {
            auto* box = delta.box(id);
            if (box == nullptr)
                return std::unexpected(Error::nonexistent);
            box->set_doomed(true);
            return {};
        },
        2);
    if (!done)
        co_return done;
    if (listener_) {
        listener_(id);
        listener_(MailboxId{0});
    }
    // Its name is free and nobody sees it any more; should this fail, the next opening goes on.
    (void)co_await remove_doomed(id);
    co_return Result<void>{};
}

Task<Result<void>> Account::remove_doomed(MailboxId id)
{
    const Hold hold(*this);
    if (auto gone = co_await expunge_those(id, {}, Which::all); !gone)
        co_return std::unexpected(gone.error());
    for (const auto& prefix : {key::trail(id), key::all_metadata(id), key::pages(id),
                               key::uidls(id), key::all_seen(id)}) {
        auto rows = co_await rows_under(prefix);
        if (!rows)
            co_return std::unexpected(rows.error());
        for (std::size_t at = 0; at < rows->size(); at += Limits::a_commit) {
            auto done = co_await commit(
                [&](Delta& delta) -> Result<void> {
                    for (auto i = at; i < std::min(at + Limits::a_commit, rows->size()); ++i)
                        delta.erase_row((*rows)[i].key);
                    return {};
                },
                Limits::a_commit);
            if (!done)
                co_return done;
        }
    }
    co_return co_await commit(
        [&](Delta& delta) -> Result<void> {
            keep_estate(delta, id);
            delta.erase_box(id);
            return {};
        },
        4);
}

Task<Result<void>> Account::rename(MailboxId id, std::string to, Timestamp now)
{
    const auto self = shared_from_this();
    if (!is_name(to))
        co_return std::unexpected(Error::bad_name);
    if (id == inbox)
        co_return co_await rename_inbox(std::move(to), now);
    auto done = co_await commit(
        [&](Delta& delta) -> Result<void> {
            const auto* box = delta.look(id);
            if (box == nullptr)
                return std::unexpected(Error::nonexistent);
            const auto from = box->name();
            if (is_below(to, from))
                return std::unexpected(Error::cannot);
            std::set<std::string, std::less<>> there;
            std::vector<std::pair<MailboxId, std::string>> renamed;
            for (const auto* one : delta.boxes()) {
                there.insert(one->name());
                if (one->name() == from || is_below(one->name(), from))
                    renamed.emplace_back(MailboxId{one->id()},
                                         to + one->name().substr(from.size()));
            }
            if (there.contains(to))
                return std::unexpected(Error::exists);
            for (const auto& [which, name] : renamed)
                if (!is_name(name) || there.contains(name))
                    return std::unexpected(Error::bad_name);
            const auto missing = missing_parents(delta, to);
            if (there.size() + missing.size() + 1 > Limits::mailboxes)
                return std::unexpected(Error::limit);
            for (auto& [which, name] : renamed)
                delta.box(which)->set_name(std::move(name));
            for (const auto& parent : missing)
                if (!delta.find(parent))
                    (void)add_below(delta, parent, now);
            return {};
        },
        std::min<std::size_t>(state_.boxes.size() + Limits::depth + 2, 3500));
    if (done && listener_)
        listener_(MailboxId{0});
    co_return done;
}

/// RFC 9051 §6.3.6: INBOX stays with what is below it, and what was in it goes to the new mailbox.
Task<Result<void>> Account::rename_inbox(std::string to, Timestamp now)
{
    auto made = co_await create(std::move(to), {}, now);
    if (!made)
        co_return std::unexpected(made.error());
    if (auto loaded = co_await load(inbox); !loaded)
        co_return loaded;
    mail::UidSet all;
    for (const auto& entry : entries(inbox))
        all.add(entry.uid);
    auto moved = co_await move(inbox, std::move(all), *made, now);
    if (!moved)
        co_return std::unexpected(moved.error());
    co_return Result<void>{};
}

Task<Result<void>> Account::subscribe(std::string name)
{
    const auto self = shared_from_this();
    if (!is_name(name))
        co_return std::unexpected(Error::bad_name);
    if (state_.subscriptions.size() >= Limits::subscriptions)
        co_return std::unexpected(Error::limit);
    auto done = co_await commit(
        [&](Delta& delta) -> Result<void> {
            if (!delta.subscribed(name))
                delta.subscribe(name);
            return {};
        },
        2);
    if (done && listener_)
        listener_(MailboxId{0});
    co_return done;
}

Task<Result<void>> Account::unsubscribe(std::string name)
{
    const auto self = shared_from_this();
    auto done = co_await commit(
        [&](Delta& delta) -> Result<void> {
            if (delta.subscribed(name))
                delta.unsubscribe(name);
            return {};
        },
        2);
    if (done && listener_)
        listener_(MailboxId{0});
    co_return done;
}

Task<Result<void>> Account::furnish(std::vector<Standard> standard, Timestamp now)
{
    const auto self = shared_from_this();
    if (state_.record.furnished())
        co_return Result<void>{};
    auto done = co_await commit(
        [&](Delta& delta) -> Result<void> {
            if (delta.account().furnished())
                return {};
            delta.account().set_furnished(true);
            if (!delta.subscribed("INBOX"))
                delta.subscribe("INBOX");
            for (const auto& one : standard) {
                if (!is_name(one.name) || delta.boxes().size() >= Limits::mailboxes)
                    continue;
                for (auto& parent : missing_parents(delta, one.name))
                    (void)add_below(delta, std::move(parent), now);
                const auto there = delta.find(one.name);
                const auto id = there ? *there : add_below(delta, one.name, now);
                delta.box(id)->set_special_use(one.special_use);
                if (!delta.subscribed(one.name))
                    delta.subscribe(one.name);
            }
            // Also without any standard mailbox the row of the account is to be written.
            (void)delta.box(inbox);
            return {};
        },
        standard.size() * 3 + 4);
    if (done && listener_)
        listener_(MailboxId{0});
    co_return done;
}

void Account::take_recent(MailboxId id)
{
    const auto box = state_.boxes.find(id);
    if (box != state_.boxes.end())
        box->second.record.set_first_recent(box->second.record.uid_next());
}

} // namespace posthouse::mailbox
