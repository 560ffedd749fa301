// SPDX-License-Identifier: Apache-2.0
// Bringing back what was expunged, into the mailboxes that it was in or that took their place.
#include "base/text.hpp"
#include "mailbox/graced_rows.hpp"
#include "mailbox/keys.hpp"
#include "mailbox/keywords.hpp"

#include <algorithm>
#include <map>

namespace posthouse::mailbox {
namespace {

/// Where messages of this row are to go, in this commit.
struct Target {
    MailboxId id{};
    bool same = false; ///< it is the mailbox that they were in: UIDs mean the same
};

std::optional<Target> target_in(Delta& delta, const GracedMessages& row)
{
    // MAILBOXID goes with a mailbox that is renamed, or was made anew before.
    for (const auto* box : delta.boxes())
        if (box->object_id() == row.object_id())
            return Target{MailboxId{box->id()}, box->uid_validity() == row.uid_validity()};
    if (const auto named = delta.find(row.name()))
        return Target{*named, false};
    return std::nullopt;
}

/// What pages a commit writes that brings these back: those that they were in, or new ones behind.
std::size_t page_bytes(const std::vector<Entry>& back)
{
    std::size_t pages = back.size() / key::page_uids + 2;
    for (std::size_t i = 0; i < back.size(); ++i)
        pages += i == 0 || back[i].uid / key::page_uids != back[i - 1].uid / key::page_uids ? 1 : 0;
    return pages * key::page_uids * Limits::entry_bytes;
}

} // namespace

/// What is to be brought back, and how.
struct Bringing {
    Account::WantedBack wanted;
    Account::UidsBack uids = Account::UidsBack::kept;
    Timestamp now;
    // What mailboxes that are no more had become, as far as rows tell.
    std::map<std::uint64_t, std::uint32_t> uid_next{};   ///< by MAILBOXID
    std::map<std::string, std::uint32_t> uid_validity{}; ///< the latest of a name

    void learn(const GracedMessages& row)
    {
        auto& next = uid_next[row.object_id()];
        next = std::max(next, row.uid_next());
        auto& latest = uid_validity[row.name()];
        latest = std::max(latest, row.uid_validity());
    }
};

namespace {

/// The removed mailbox, with parents that are missing.
std::optional<Target> made_anew(Delta& delta, const GracedMessages& row, const Bringing& how)
{
    const auto& name = row.name();
    std::vector<std::string> missing;
    for (auto slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1))
        if (auto parent = name.substr(0, slash); !delta.find(parent))
            missing.push_back(std::move(parent));
    if (delta.boxes().size() + missing.size() + 1 > Limits::mailboxes)
        return std::nullopt;
    for (auto& parent : missing)
        delta.add_box(std::move(parent), how.now);
    const bool use_is_free = std::ranges::none_of(delta.boxes(), [&](const auto* box) {
        return equal_ignoring_case(box->special_use(), row.special_use());
    });
    const auto id = delta.add_box(name, how.now);
    auto* box = delta.box(id);
    if (use_is_free)
        box->set_special_use(row.special_use());
    // Not where a later one had the name: its UIDVALIDITY was greater.
    if (how.uid_validity.at(name) > row.uid_validity())
        return Target{id, false};
    box->set_uid_validity(row.uid_validity());
    box->set_object_id(row.object_id());
    box->set_uid_next(std::max(how.uid_next.at(row.object_id()), 1U));
    box->set_first_recent(box->uid_next());
    return Target{id, true};
}

} // namespace

std::uint64_t Account::undeletions(MailboxId id) const
{
    const auto found = undeletions_.find(id);
    return found == undeletions_.end() ? 0 : found->second;
}

// ---- bringing back ----------------------------------------------------------------------------

Task<Result<Account::Undeleted>> Account::undelete(WantedBack wanted, UidsBack uids, Timestamp now)
{
    const auto self = shared_from_this();
    const Hold hold(*this);
    co_await take_grace();
    auto undeleted = co_await undelete_rows({std::move(wanted), uids, now});
    co_await leave_grace();
    if (listener_)
        listener_(MailboxId{0}); // There may be a new one.
    co_return undeleted;
}

Task<Result<Account::Undeleted>> Account::undelete_rows(Bringing how)
{
    for (const auto& [id, box] : state_.boxes)
        how.uid_next[box.record.object_id()] = box.record.uid_next();
    auto rows = co_await rows_under(key::all_graced);
    if (!rows)
        co_return std::unexpected(rows.error());
    GracedMessages messages;
    for (const auto& row : *rows)
        if (messages.ParseFromString(row.value))
            how.learn(messages);
    Undeleted undeleted;
    for (const auto& row : *rows) {
        if (!messages.ParseFromString(row.value) || !wants(how.wanted, row.key, messages))
            continue;
        if (auto done = co_await undelete_row(row.key, messages, how, undeleted); !done) {
            undeleted.stopped = done.error();
            break;
        }
    }
    co_return undeleted;
}

Task<Result<void>> Account::undelete_row(std::string key, GracedMessages messages,
                                         const Bringing& how, Undeleted& undeleted)
{
    std::vector<Entry> back, left;
    for (const auto& entry : entries_in(messages))
        (!how.wanted.uids || how.wanted.uids->contains(entry.uid) ? back : left).push_back(entry);
    if (back.empty())
        co_return Result<void>{};
    Mailbox was;
    *was.mutable_keywords() = messages.keywords();
    {
        Delta as_it_is(state_);
        if (const auto target = target_in(as_it_is, messages))
            if (auto loaded = co_await load(target->id); !loaded)
                co_return loaded;
    }
    std::string name;
    mail::UidSet uids;
    auto done = co_await commit(
        [&](Delta& delta) -> Result<void> {
            auto& account = delta.account();
            const auto bytes = bytes_of(back);
            if (!has_room(account, bytes, back.size()))
                return std::unexpected(Error::over_quota);
            auto target = target_in(delta, messages);
            if (target && !delta.is_loaded(target->id))
                return std::unexpected(Error::unavailable); // The state was read anew.
            if (target && 0xffffffff - delta.look(target->id)->uid_next() <= back.size())
                return std::unexpected(Error::limit); // There are no UIDs left.
            if (!target)
                target = made_anew(delta, messages, how);
            if (!target)
                return std::unexpected(Error::limit);
            const auto to = target->id;
            const auto modseq = delta.next_modseq();
            auto* box = delta.box(to);
            name = box->name();
            for (auto entry : back) {
                entry.keywords = learnt_bits(*box, keywords_of(was, entry.keywords));
                const auto uid = entry.uid;
                // A new UID where the old one would mean something else.
                if (how.uids == UidsBack::fresh || !target->same || delta.entry(to, uid) != nullptr)
                    entry.uid = box->uid_next();
                else
                    ++undeletions_[to];
                box->set_uid_next(std::max(box->uid_next(), entry.uid + 1));
                entry.modseq = modseq;
                entry.flags.clear(mail::SystemFlag::deleted);
                entry.save_date =
                    to_microseconds(how.now); // Or the next round would expire it again.
                if (const auto uidl = messages.uidls().find(uid); uidl != messages.uidls().end()) {
                    box->set_has_uidls(true);
                    delta.put_row(key::uidl(to, entry.uid), uidl->second);
                }
                delta.put(to, entry);
                uids.add(entry.uid);
            }
            count_less(account, bytes, back.size());
            if (left.empty()) {
                delta.erase_row(key);
            } else {
                messages.set_entries(mail::packed_entries(left));
                delta.put_row(key, messages.SerializeAsString());
            }
            return {};
        },
        2 * back.size() + Limits::depth + 4,
        page_bytes(back) + 100 * back.size() + messages.ByteSizeLong());
    if (!done)
        co_return done;
    undeleted.messages += back.size();
    for (const auto& range : uids.ranges())
        undeleted.uids[name].add(range.first, range.last);
    co_return done;
}

} // namespace posthouse::mailbox
