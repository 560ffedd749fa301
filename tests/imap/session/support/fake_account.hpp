// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imap/backend.hpp"
#include "imap/index_message.hpp"
#include "imap/search_wire.hpp"
#include "mail/summary_fields.hpp"
#include "tests/imap/session/support/fake_search.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// A mailbox service in memory, as simple as can be: the commands' partner in tests and fuzzing.
namespace posthouse::imap::rehearsal {

struct FakeMailbox {
    std::string id;
    std::uint32_t uid_validity = 1, uid_next = 1;
    std::uint64_t highest_modseq = 1;
    std::map<std::uint32_t, FakeMessage> messages;
    std::map<std::uint32_t, std::uint64_t> trail; ///< What was expunged, and at which MODSEQ
    std::vector<std::string> keywords;
    bool subscribed = false, exists = true, selectable = true;
    std::uint32_t first_recent = 1;
    std::string special_use;
    std::map<std::string, std::string> metadata;
    std::map<std::string, Rights> acl;
};

class FakeBackend;

/// What all sessions on one account share.
struct FakeAccount {
    FakeAccount() { make("INBOX"); }

    FakeMailbox& make(const std::string& name)
    {
        auto& mailbox = mailboxes[name];
        mailbox = {};
        mailbox.id = "F" + std::to_string(++last_id);
        mailbox.uid_validity = ++last_validity;
        mailbox.acl["owner"] = "lrswipkxtea";
        return mailbox;
    }
    /// A message as if it had been delivered.
    std::uint32_t deliver(const std::string& name, std::string letter, mail::Flags flags = {});
    void tell(const std::string& name);
    void tell_tree();

    std::map<std::string, FakeMailbox> mailboxes;
    std::set<std::string> subscriptions_alone; ///< Subscribed names without a mailbox
    std::map<std::string, std::string> server_metadata;
    std::uint64_t modseq = 1;
    std::uint64_t last_email = 0, last_id = 0;
    std::uint32_t last_validity = 0;
    std::int64_t now = 1'000'000'000'000'000;
    std::uint64_t quota_bytes = 1ULL << 40;
    std::vector<FakeBackend*> sessions;
    std::size_t page = 1'000'000; ///< Summaries at one time
    std::size_t most_watched = 1000;
    std::uint32_t most_read = 256 * 1024;
    /// Awaited in each call, so that sessions can be made to take turns in the middle of commands.
    std::function<Task<void>()> pause;
    std::set<std::uint32_t> damaged; ///< UIDs that cannot be read

    std::uint64_t bytes() const
    {
        std::uint64_t all = 0;
        for (const auto& [name, mailbox] : mailboxes)
            for (const auto& [uid, message] : mailbox.messages)
                all += message.letter->size();
        return all;
    }
};

class FakeBackend final : public Backend {
public:
    explicit FakeBackend(FakeAccount& account) : account_(account)
    {
        account_.sessions.push_back(this);
    }
    ~FakeBackend() override { std::erase(account_.sessions, this); }

    // ---- the tree -------------------------------------------------------------------------

    Task<Result<std::vector<Mailbox>>> list(ListWanted wanted) override
    {
        co_await pause();
        std::map<std::string, Mailbox> all;
        for (const auto& [name, mailbox] : account_.mailboxes) {
            all[name] = described(name, wanted.status);
            for (const auto& entry : wanted.metadata)
                if (mailbox.metadata.contains(entry))
                    all[name].metadata[entry] = mailbox.metadata.at(entry);
        }
        for (const auto& name : account_.subscriptions_alone)
            if (!all.contains(name))
                all[name] = {.name = name,
                             .id = {},
                             .selectable = false,
                             .exists = false,
                             .subscribed = true,
                             .special_use = {},
                             .rights = {},
                             .status = {},
                             .owner = {},
                             .metadata = {}};
        auto names = all;
        for (const auto& [name, mailbox] : names)
            for (auto end = name.rfind('/'); end != std::string::npos && end != 0;
                 end = name.rfind('/', end - 1))
                if (const auto parent = name.substr(0, end); !all.contains(parent)) {
                    all[parent].name = parent;
                    all[parent].exists = all[parent].selectable = false;
                }
        std::vector<Mailbox> listed;
        for (auto& [name, mailbox] : all)
            listed.push_back(std::move(mailbox));
        co_return listed;
    }
    Task<Result<Mailbox>> status(std::string name) override
    {
        co_await pause();
        if (!account_.mailboxes.contains(name))
            co_return std::unexpected(Trouble::nonexistent);
        co_return described(name, true);
    }
    Task<Result<std::string>> create(std::string name, std::string special_use) override
    {
        co_await pause();
        if (account_.mailboxes.contains(name))
            co_return std::unexpected(Trouble::exists);
        auto& mailbox = account_.make(name);
        mailbox.special_use = special_use;
        mailbox.subscribed = account_.subscriptions_alone.erase(name) != 0;
        account_.tell_tree();
        co_return mailbox.id;
    }
    Task<Result<void>> remove(std::string name) override
    {
        co_await pause();
        if (name == "INBOX")
            co_return std::unexpected(Trouble::cannot);
        const auto found = account_.mailboxes.find(name);
        if (found == account_.mailboxes.end())
            co_return std::unexpected(Trouble::nonexistent);
        if (found->second.subscribed)
            account_.subscriptions_alone.insert(name);
        account_.mailboxes.erase(found);
        account_.tell(name);
        account_.tell_tree();
        co_return Result<void>();
    }
    Task<Result<void>> rename(std::string from, std::string to) override
    {
        co_await pause();
        if (account_.mailboxes.contains(to))
            co_return std::unexpected(Trouble::exists);
        auto node = account_.mailboxes.extract(from);
        if (node.empty())
            co_return std::unexpected(Trouble::nonexistent);
        node.key() = to;
        account_.mailboxes.insert(std::move(node));
        if (from == "INBOX")
            account_.make("INBOX");
        std::vector<std::string> below;
        for (const auto& [name, mailbox] : account_.mailboxes)
            if (name.starts_with(from + "/") && from != "INBOX")
                below.push_back(name);
        for (const auto& name : below) {
            auto child = account_.mailboxes.extract(name);
            child.key() = to + name.substr(from.size());
            account_.mailboxes.insert(std::move(child));
        }
        for (auto* session : account_.sessions)
            session->renamed(from, to);
        account_.tell_tree();
        co_return Result<void>();
    }
    Task<Result<void>> subscribe(std::string name) override
    {
        co_await pause();
        if (const auto found = account_.mailboxes.find(name); found != account_.mailboxes.end())
            found->second.subscribed = true;
        else
            account_.subscriptions_alone.insert(name);
        account_.tell_tree();
        co_return Result<void>();
    }
    Task<Result<void>> unsubscribe(std::string name) override
    {
        co_await pause();
        if (const auto found = account_.mailboxes.find(name); found != account_.mailboxes.end())
            found->second.subscribed = false;
        account_.subscriptions_alone.erase(name);
        account_.tell_tree();
        co_return Result<void>();
    }

    // ---- an opened mailbox ----------------------------------------------------------------

    Task<Result<Opened>> open(std::string name, Access access) override
    {
        co_await pause();
        const auto found = account_.mailboxes.find(name);
        if (found == account_.mailboxes.end())
            co_return std::unexpected(Trouble::nonexistent);
        auto& mailbox = found->second;
        Opened opened;
        opened.handle = static_cast<Handle>(++last_handle_);
        opened_[opened.handle] = name;
        opened.id = mailbox.id;
        opened.uid_validity = mailbox.uid_validity;
        opened.uid_next = mailbox.uid_next;
        opened.highest_modseq = mailbox.highest_modseq;
        for (const auto& [uid, message] : mailbox.messages) {
            opened.uids.add(uid);
            if (!opened.first_unseen && !message.entry.flags.has(mail::SystemFlag::seen))
                opened.first_unseen = uid;
        }
        opened.first_recent = mailbox.first_recent;
        if (access == Access::read_write)
            mailbox.first_recent = mailbox.uid_next;
        opened.keywords = mailbox.keywords;
        opened.rights = mailbox.acl["owner"];
        opened.access = access;
        co_return opened;
    }
    void close(Handle handle) override { opened_.erase(handle); }

    Task<Result<Changes>> changes(Handle handle, std::uint64_t since) override
    {
        co_await pause();
        auto* mailbox = at(handle);
        if (!mailbox) {
            Changes gone;
            gone.deleted = true;
            co_return gone;
        }
        Changes changes;
        changes.highest_modseq = mailbox->highest_modseq;
        changes.uid_next = mailbox->uid_next;
        for (const auto& [uid, modseq] : mailbox->trail)
            if (modseq > since && !mailbox->messages.contains(uid))
                changes.vanished.add(uid);
        mail::EntryPacker packer(change_fields);
        for (const auto& [uid, message] : mailbox->messages)
            if (message.entry.modseq > since)
                packer.append(message.entry, changes.entries);
        changes.keywords = mailbox->keywords;
        changes.rights = mailbox->acl["owner"];
        co_return changes;
    }
    Task<Result<std::string>> entries(Handle handle, mail::UidSet uids,
                                      std::uint8_t fields) override
    {
        co_await pause();
        auto* mailbox = at(handle);
        if (!mailbox)
            co_return std::unexpected(Trouble::gone);
        std::string packed;
        mail::EntryPacker packer(fields);
        for (const auto& [uid, message] : mailbox->messages)
            if (uids.contains(uid))
                packer.append(message.entry, packed);
        co_return packed;
    }
    Task<Result<Stored>> store(Handle handle, StoreOrder order) override
    {
        co_await pause();
        auto* mailbox = at(handle);
        if (!mailbox)
            co_return std::unexpected(Trouble::gone);
        std::uint64_t bits = 0;
        for (const auto& keyword : order.flags.keywords)
            bits |= 1ULL << keyword_bit(*mailbox, keyword);
        Stored stored;
        mail::EntryPacker packer(change_fields);
        const auto modseq = account_.modseq + 1;
        bool changed = false;
        for (const auto uid : order.uids) {
            const auto found = mailbox->messages.find(uid);
            if (found == mailbox->messages.end()) {
                stored.changes.vanished.add(uid);
                continue;
            }
            auto& entry = found->second.entry;
            if (order.unchanged_since && entry.modseq > *order.unchanged_since) {
                stored.modified.add(uid);
                continue;
            }
            auto flags = entry.flags;
            auto keywords = entry.keywords;
            switch (order.change) {
            case FlagChange::replace:
                flags = order.flags.system;
                keywords = bits;
                break;
            case FlagChange::add:
                flags.set(order.flags.system);
                keywords |= bits;
                break;
            case FlagChange::remove:
                flags.clear(order.flags.system);
                keywords &= ~bits;
                break;
            }
            if (flags == entry.flags && keywords == entry.keywords)
                continue;
            if (order.known_modseq != 0 && entry.modseq > order.known_modseq)
                stored.stale.add(uid);
            entry.flags = flags;
            entry.keywords = keywords;
            entry.modseq = modseq;
            if (order.tell == StoreOrder::Tell::changed || stored.stale.contains(uid))
                packer.append(entry, stored.changes.entries);
            changed = true;
        }
        if (changed) {
            account_.modseq = modseq;
            mailbox->highest_modseq = modseq;
            stored.modseqs = {modseq};
            account_.tell(opened_.at(handle));
        }
        stored.changes.highest_modseq = mailbox->highest_modseq;
        stored.changes.uid_next = mailbox->uid_next;
        stored.changes.keywords = mailbox->keywords;
        co_return stored;
    }
    Task<Result<mail::UidSet>> expunge(Handle handle, std::optional<mail::UidSet> among) override
    {
        co_await pause();
        auto* mailbox = at(handle);
        if (!mailbox)
            co_return std::unexpected(Trouble::gone);
        mail::UidSet gone;
        for (const auto& [uid, message] : mailbox->messages)
            if (message.entry.flags.has(mail::SystemFlag::deleted) &&
                (!among || among->contains(uid)))
                gone.add(uid);
        erase(opened_.at(handle), gone);
        co_return gone;
    }
    Task<Result<Copied>> copy(Handle handle, mail::UidSet uids, std::string to,
                              CopyHow how) override
    {
        co_await pause();
        auto* from = at(handle);
        if (!from)
            co_return std::unexpected(Trouble::gone);
        const auto target = account_.mailboxes.find(to);
        if (target == account_.mailboxes.end())
            co_return std::unexpected(Trouble::nonexistent);
        Copied copied;
        copied.uid_validity = target->second.uid_validity;
        std::vector<FakeMessage> messages;
        for (const auto& [uid, message] : from->messages)
            if (uids.contains(uid)) {
                copied.from.add(uid);
                messages.push_back(message);
            }
        for (auto& message : messages) {
            std::uint64_t bits = 0;
            for (std::size_t bit = 0; bit < from->keywords.size(); ++bit)
                if (message.entry.keywords >> bit & 1U)
                    bits |= 1ULL << keyword_bit(target->second, from->keywords[bit]);
            message.entry.keywords = bits;
            copied.to.add(put(target->second, std::move(message)));
        }
        account_.tell(to);
        if (how == CopyHow::move)
            erase(opened_.at(handle), copied.from);
        copied.modseq = account_.modseq;
        co_return copied;
    }
    Task<Result<Summaries>> summaries(Handle handle, mail::UidSet uids,
                                      std::uint16_t fields) override
    {
        co_await pause();
        auto* mailbox = at(handle);
        if (!mailbox)
            co_return std::unexpected(Trouble::gone);
        Summaries page;
        std::size_t count = 0;
        for (const auto& [uid, message] : mailbox->messages) {
            if (!uids.contains(uid))
                continue;
            if (count++ == account_.page) {
                page.more = true;
                break;
            }
            page.last = uid;
            mail::append_varint(page.packed, uid);
            const bool damaged = account_.damaged.contains(uid);
            for (unsigned bit = 0; bit < 8; ++bit)
                if (fields >> bit & 1U)
                    mail::append_bytes(page.packed,
                                       damaged ? ""
                                               : field_of(message, static_cast<Field>(1U << bit)));
        }
        if (!page.more && !uids.empty())
            page.last = uids.largest();
        co_return page;
    }
    Task<Result<std::string>> read(Handle handle, std::uint32_t uid, std::uint64_t offset,
                                   std::uint32_t length) override
    {
        co_await pause();
        auto* mailbox = at(handle);
        if (!mailbox || !mailbox->messages.contains(uid))
            co_return std::unexpected(Trouble::gone);
        if (account_.damaged.contains(uid))
            co_return std::unexpected(Trouble::damaged);
        const auto& letter = *mailbox->messages.at(uid).letter;
        if (offset >= letter.size())
            co_return std::string();
        co_return letter.substr(static_cast<std::size_t>(offset),
                                std::min(length, account_.most_read));
    }
    Task<Result<Found>> search(Handle handle, SearchOrder order) override
    {
        co_await pause();
        auto* mailbox = at(handle);
        if (!mailbox)
            co_return std::unexpected(Trouble::gone);
        const auto program = unpack_program(order.program);
        if (!program)
            co_return std::unexpected(Trouble::cannot);
        if (!program->charset.empty() && program->charset != "UTF-8" &&
            program->charset != "US-ASCII")
            co_return std::unexpected(Trouble::unknown_charset);
        Found found;
        for (const auto& [uid, message] : mailbox->messages) {
            if (order.among && !order.among->contains(uid))
                continue;
            if (!fake_match(program->key, message, mailbox->keywords, account_.now))
                continue;
            found.uids.add(uid);
            if (mentions_modseq(program->key))
                found.highest_modseq = std::max(found.highest_modseq, message.entry.modseq);
        }
        co_return found;
    }

    // ---- new messages ---------------------------------------------------------------------

    Task<Result<std::uint64_t>> open_upload() override
    {
        co_await pause();
        uploads_[++last_upload_];
        co_return last_upload_;
    }
    Task<Result<void>> upload(std::uint64_t upload, std::string piece) override
    {
        co_await pause();
        auto& text = uploads_.at(upload);
        text += piece;
        if (account_.bytes() + text.size() > account_.quota_bytes)
            co_return std::unexpected(Trouble::over_quota);
        co_return Result<void>();
    }
    void abandon_upload(std::uint64_t upload) override { uploads_.erase(upload); }
    Task<Result<Appended>> append(std::string to, std::vector<NewMessage> messages,
                                  std::optional<Replaced> replaced) override
    {
        co_await pause();
        const auto target = account_.mailboxes.find(to);
        if (target == account_.mailboxes.end()) {
            for (const auto& message : messages)
                uploads_.erase(message.upload);
            co_return std::unexpected(Trouble::nonexistent);
        }
        Appended appended;
        appended.uid_validity = target->second.uid_validity;
        for (auto& message : messages) {
            FakeMessage made;
            made.letter =
                std::make_shared<const std::string>(std::move(uploads_.at(message.upload)));
            uploads_.erase(message.upload);
            made.entry.flags = message.flags.system;
            for (const auto& keyword : message.flags.keywords)
                made.entry.keywords |= 1ULL << keyword_bit(target->second, keyword);
            made.entry.internal_date = message.internal_date.value_or(account_.now);
            index(account_, made);
            appended.uids.add(put(target->second, std::move(made)));
        }
        if (replaced)
            erase(opened_.at(replaced->handle), mail::UidSet::range(replaced->uid, replaced->uid));
        account_.tell(to);
        co_return appended;
    }

    // ---- besides --------------------------------------------------------------------------

    Task<Result<std::vector<Quota>>> quota(std::string mailbox_or_root) override
    {
        co_await pause();
        if (!mailbox_or_root.empty() && !account_.mailboxes.contains(mailbox_or_root))
            co_return std::unexpected(Trouble::nonexistent);
        co_return std::vector<Quota>{
            {"", {{"STORAGE", (account_.bytes() + 1023) / 1024, account_.quota_bytes / 1024}}}};
    }
    Task<Result<void>> set_quota(std::string, std::vector<Quota::Resource> resources) override
    {
        co_await pause();
        for (const auto& resource : resources)
            if (resource.name == "STORAGE")
                account_.quota_bytes = resource.limit * 1024;
        co_return Result<void>();
    }
    Task<Result<std::map<std::string, std::string>>> metadata(std::string mailbox) override
    {
        co_await pause();
        if (mailbox.empty())
            co_return account_.server_metadata;
        if (!account_.mailboxes.contains(mailbox))
            co_return std::unexpected(Trouble::nonexistent);
        co_return account_.mailboxes.at(mailbox).metadata;
    }
    Task<Result<void>>
    set_metadata(std::string mailbox,
                 std::map<std::string, std::optional<std::string>> entries) override
    {
        co_await pause();
        if (!mailbox.empty() && !account_.mailboxes.contains(mailbox))
            co_return std::unexpected(Trouble::nonexistent);
        auto& kept =
            mailbox.empty() ? account_.server_metadata : account_.mailboxes.at(mailbox).metadata;
        for (auto& [entry, value] : entries) {
            if (value)
                kept[entry] = *value;
            else
                kept.erase(entry);
        }
        MetadataChange change{mailbox, {}};
        for (const auto& [entry, value] : entries)
            change.entries.push_back(entry);
        for (auto* session : std::vector(account_.sessions))
            if (session != this)
                session->hear_metadata(change);
        co_return Result<void>();
    }
    Task<Result<std::map<std::string, Rights>>> acl(std::string mailbox) override
    {
        co_await pause();
        if (!account_.mailboxes.contains(mailbox))
            co_return std::unexpected(Trouble::nonexistent);
        co_return account_.mailboxes.at(mailbox).acl;
    }
    Task<Result<void>> set_acl(std::string mailbox, std::string identifier,
                               RightsChange change) override
    {
        co_await pause();
        if (!account_.mailboxes.contains(mailbox))
            co_return std::unexpected(Trouble::nonexistent);
        auto& acl = account_.mailboxes.at(mailbox).acl;
        using How = RightsChange::How;
        Rights after;
        for (const char right : std::string_view("lrswipkxtea")) {
            const bool was = acl[identifier].contains(right), is = change.rights.contains(right);
            if (change.how == How::replace ? is : change.how == How::add ? was || is : was && !is)
                after += right;
        }
        acl[identifier] = after;
        if (after.empty())
            acl.erase(identifier);
        co_return Result<void>();
    }
    Task<Result<void>> watch(Watched watched) override
    {
        co_await pause();
        if (watched.names.size() > account_.most_watched)
            co_return std::unexpected(Trouble::limit);
        watched_ = std::move(watched);
        co_return Result<void>();
    }
    void on_event(std::function<void(Event)> listener) override { listener_ = std::move(listener); }

    // ---- what happens ---------------------------------------------------------------------

    void hear(const std::string& name)
    {
        if (!listener_)
            return;
        bool told = false;
        for (const auto& [handle, opened] : std::map(opened_))
            if (opened == name) {
                Event event;
                event.handle = handle;
                event.mailbox = name;
                listener_(event);
                told = true;
            }
        if (!told && watched_.names.contains(name)) {
            Event event;
            event.mailbox = name;
            listener_(event);
        }
    }
    void hear_tree()
    {
        if (!listener_ || !watched_.tree)
            return;
        Event event;
        event.tree = true;
        listener_(event);
    }
    void hear_metadata(const MetadataChange& change)
    {
        if (!listener_ || !watched_.metadata)
            return;
        Event event;
        event.metadata = change;
        listener_(event);
    }
    void kick(std::string words)
    {
        Event event;
        event.closing = true;
        event.words = std::move(words);
        listener_(event);
    }
    void renamed(const std::string& from, const std::string& to)
    {
        for (auto& [handle, name] : opened_)
            if (name == from)
                name = to;
    }
    std::size_t uploads() const { return uploads_.size(); }
    std::size_t opened() const { return opened_.size(); }

    static std::uint64_t keyword_bit(FakeMailbox& mailbox, const std::string& keyword)
    {
        const auto found = std::ranges::find_if(mailbox.keywords, [&](const std::string& known) {
            return equal_ignoring_case(known, keyword);
        });
        if (found != mailbox.keywords.end())
            return static_cast<std::uint64_t>(found - mailbox.keywords.begin());
        if (mailbox.keywords.size() == 64)
            return 63;
        mailbox.keywords.push_back(keyword);
        return mailbox.keywords.size() - 1;
    }
    static void index(FakeAccount& account, FakeMessage& message)
    {
        message.entry.size = message.letter->size();
        message.entry.save_date = account.now;
        message.entry.email = ++account.last_email;
        message.entry.thread = account.last_email;
        message.index = std::make_shared<const mail::MessageIndex>(index_message(*message.letter));
    }
    std::uint32_t put(FakeMailbox& mailbox, FakeMessage message)
    {
        return put(account_, mailbox, std::move(message));
    }
    static std::uint32_t put(FakeAccount& account, FakeMailbox& mailbox, FakeMessage message)
    {
        message.entry.uid = mailbox.uid_next++;
        message.entry.modseq = ++account.modseq;
        mailbox.highest_modseq = account.modseq;
        const auto uid = message.entry.uid;
        mailbox.messages[uid] = std::move(message);
        return uid;
    }

private:
    Task<void> pause()
    {
        if (account_.pause)
            co_await account_.pause();
    }
    FakeMailbox* at(Handle handle)
    {
        const auto name = opened_.find(handle);
        if (name == opened_.end())
            return nullptr;
        const auto found = account_.mailboxes.find(name->second);
        return found == account_.mailboxes.end() ? nullptr : &found->second;
    }
    void erase(const std::string& name, const mail::UidSet& uids)
    {
        if (uids.empty())
            return;
        auto& mailbox = account_.mailboxes.at(name);
        mailbox.highest_modseq = ++account_.modseq;
        for (const auto uid : uids)
            if (mailbox.messages.erase(uid))
                mailbox.trail[uid] = account_.modseq;
        account_.tell(name);
    }
    Mailbox described(const std::string& name, bool counted) const
    {
        const auto& mailbox = account_.mailboxes.at(name);
        Mailbox described;
        described.name = name;
        described.id = mailbox.id;
        described.selectable = mailbox.selectable;
        described.subscribed = mailbox.subscribed;
        described.special_use = mailbox.special_use;
        described.rights = mailbox.acl.contains("owner") ? mailbox.acl.at("owner") : "";
        if (!counted || !described.rights.contains('r'))
            return described;
        Status status;
        status.uid_next = mailbox.uid_next;
        status.uid_validity = mailbox.uid_validity;
        status.highest_modseq = mailbox.highest_modseq;
        for (const auto& [uid, message] : mailbox.messages) {
            ++status.messages;
            status.size += message.letter->size();
            status.unseen += !message.entry.flags.has(mail::SystemFlag::seen);
            status.recent += uid >= mailbox.first_recent;
            if (message.entry.flags.has(mail::SystemFlag::deleted)) {
                ++status.deleted;
                status.deleted_size += message.letter->size();
            }
        }
        described.status = status;
        return described;
    }
    static std::string field_of(const FakeMessage& message, Field field)
    {
        switch (field) {
        case Field::envelope:
            return message.index->envelope;
        case Field::body:
            return message.index->body;
        case Field::body_structure:
            return message.index->body_structure;
        case Field::preview:
            return message.index->preview.value_or("");
        case Field::header_cache:
            return mail::pack_header_cache(message.index->header_cache);
        case Field::parts:
            return mail::pack_parts(message.index->parts);
        case Field::sort_keys:
            return mail::pack_sort_keys(mail::sort_keys_of(*message.index));
        case Field::references:
            return mail::pack_references({message.index->message_id, message.index->references});
        }
        return {};
    }

    FakeAccount& account_;
    std::map<Handle, std::string> opened_;
    std::uint32_t last_handle_ = 0;
    std::map<std::uint64_t, std::string> uploads_;
    std::uint64_t last_upload_ = 0;
    Watched watched_;
    std::function<void(Event)> listener_;
};

inline std::uint32_t FakeAccount::deliver(const std::string& name, std::string letter,
                                          mail::Flags flags)
{
    FakeMessage message;
    message.letter = std::make_shared<const std::string>(std::move(letter));
    message.entry.flags = flags.system;
    auto& mailbox = mailboxes.at(name);
    for (const auto& keyword : flags.keywords)
        message.entry.keywords |= 1ULL << FakeBackend::keyword_bit(mailbox, keyword);
    message.entry.internal_date = now;
    FakeBackend::index(*this, message);
    const auto uid = FakeBackend::put(*this, mailbox, std::move(message));
    tell(name);
    return uid;
}

inline void FakeAccount::tell(const std::string& name)
{
    for (auto* session : std::vector(sessions))
        session->hear(name);
}

inline void FakeAccount::tell_tree()
{
    for (auto* session : std::vector(sessions))
        session->hear_tree();
}

} // namespace posthouse::imap::rehearsal
